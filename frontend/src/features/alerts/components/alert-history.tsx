import { Text, Timeline } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { formatDuration, plural } from '@/lib/format';
import { alertHistoryQuery, type AlertHistory as History } from '../api';

function Entries({ entries }: { entries: History['entries'] }) {
  return (
    <Timeline bulletSize={12} lineWidth={2} active={entries.length}>
      {entries.map((entry) => (
        <Timeline.Item key={`${entry.kind} ${entry.at} ${entry.text}`}>
          <Text size="sm">{entry.text}</Text>
          <Text size="xs" c="dimmed">
            <RelativeTime at={entry.at} />
            {entry.by && `, by ${entry.by}`}
          </Text>
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

function Others({ others }: { others: History['others'] }) {
  if (others.length === 0) return <Text size="sm">It has not been there before.</Text>;
  return (
    <ul>
      {others.map((other) => (
        <li key={other.id}>
          <Link to="/alerts/$alertId" params={{ alertId: other.id }}>
            <RelativeTime at={other.began_at} />
          </Link>
          {other.resolved_at !== null &&
            `, for ${formatDuration((Date.parse(other.resolved_at) - Date.parse(other.began_at)) / 1000)}`}
        </li>
      ))}
    </ul>
  );
}

/** What happened to an alert, and the same at other times. */
export function AlertHistory({ id }: { id: string }) {
  const history = useQuery(alertHistoryQuery(id));
  return (
    <Section title="History">
      <Faces
        query={history}
        what="The history could not be read"
        skeleton={<RowsSkeleton rows={3} />}
      >
        {({ entries, others }) => (
          <>
            <Entries entries={entries} />
            <Text size="sm" fw={600} mt="md">
              {others.length > 0
                ? `The same was there ${plural(others.length, 'other time')}`
                : 'Before'}
            </Text>
            <Others others={others} />
          </>
        )}
      </Faces>
    </Section>
  );
}
