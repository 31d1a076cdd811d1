import { SegmentedControl, Stack, Text, Button, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { RelativeTime } from '@/components/relative-time';
import { ServerStatusBadge } from '@/components/server-status';
import { useSearchState } from '@/hooks/use-search-state';
import { formatCount, formatDuration, plural } from '@/lib/format';
import type { TableState } from '@/lib/search';
import { RUNS_PER_PAGE, runsQuery, type Run } from '../api';
import { Marked } from '@/components/marked';
import classes from './servers.module.css';

const RATES = [
  { value: '', label: 'All' },
  { value: 'standard', label: 'Standard' },
  { value: 'slow', label: 'Slow' },
];

const TROUBLE_WORDS: Record<string, string> = {
  no_right: 'not allowed',
  unparsable: 'not understood',
  timed_out: 'no answer in time',
  absent: 'not on this machine',
};

function RunCard({ run }: { run: Run }) {
  return (
    <li className={classes.run}>
      <Group gap="sm">
        <ServerStatusBadge status={run.status} />
        <Text span fw={600}>
          <RelativeTime at={run.started_at} />
        </Text>
        <Text span size="sm" c="dimmed">
          {run.rate} facts, {formatDuration(run.seconds)}, {plural(run.facts_read, 'fact')} read
          {run.facts_failed > 0 && `, ${run.facts_failed} not`}, {formatCount(run.samples)}{' '}
          measurements
        </Text>
      </Group>
      {run.error && <Text size="sm">{run.error}</Text>}
      {run.troubles.length > 0 && (
        <dl className={classes.pairs} style={{ marginTop: 8 }}>
          {run.troubles.map((trouble) => (
            <div key={trouble.fact} style={{ display: 'contents' }}>
              <dt>
                {trouble.fact.replaceAll('_', ' ')}:{' '}
                {TROUBLE_WORDS[trouble.trouble] ?? trouble.trouble}
              </dt>
              <dd>
                <Marked text={trouble.detail} />
                {trouble.fix && (
                  <Text size="sm" c="dimmed">
                    <Marked text={trouble.fix} />
                  </Text>
                )}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}

/** Each collection, what it brought, and what it could not read. */
export function RunsTab({ serverId }: { serverId: string }) {
  const [search, change] = useSearchState<TableState>();
  const { page = 1, rate } = search;
  const query = useQuery(runsQuery(serverId, { page, rate }));
  return (
    <Stack gap="md">
      <SegmentedControl
        size="xs"
        w="fit-content"
        aria-label="Which facts"
        data={RATES}
        value={rate === undefined ? '' : String(rate)}
        onChange={(value) => change({ rate: value || undefined, page: undefined })}
      />
      <Faces
        query={query}
        what="The runs could not be read"
        skeleton={<RowsSkeleton />}
        isEmpty={({ total }) => total === 0}
        empty={
          <EmptyState title="No collection yet">
            A run is one visit to the machine. The first one comes within the collection interval,
            or at once with “Collect now”.
          </EmptyState>
        }
      >
        {({ items, total }) => (
          <>
            <Stack component="ul" gap={8} className={classes.facts}>
              {items.map((run) => (
                <RunCard key={run.id} run={run} />
              ))}
            </Stack>
            {total > RUNS_PER_PAGE && (
              <Group justify="center" gap="xs" component="nav" aria-label="Pages">
                <Button
                  size="xs"
                  variant="default"
                  disabled={page <= 1}
                  onClick={() => change({ page: page - 1 })}
                >
                  Newer
                </Button>
                <Text size="sm">
                  Page {page} of {Math.ceil(total / RUNS_PER_PAGE)}
                </Text>
                <Button
                  size="xs"
                  variant="default"
                  disabled={page * RUNS_PER_PAGE >= total}
                  onClick={() => change({ page: page + 1 })}
                >
                  Older
                </Button>
              </Group>
            )}
          </>
        )}
      </Faces>
    </Stack>
  );
}
