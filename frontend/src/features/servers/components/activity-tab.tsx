import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { useSearchState } from '@/hooks/use-search-state';
import { activityQuery, RUNS_PER_PAGE } from '../api';
import classes from './servers.module.css';

const inWords = (action: string) => action.replaceAll(/[._]/g, ' ');

/** Who did what to this server, the newest first. */
export function ActivityTab({ serverId }: { serverId: string }) {
  const [{ page = 1 }, change] = useSearchState<{ page?: number }>();
  const query = useQuery(activityQuery(serverId, page));
  return (
    <Section title="Who did what">
      <Faces
        query={query}
        what="The activity could not be read"
        skeleton={<RowsSkeleton />}
        isEmpty={({ total }) => total === 0}
        empty={
          <EmptyState title="Nothing was done here yet">
            Every change to this server is written down here: who made it, and when.
          </EmptyState>
        }
      >
        {({ items, total }) => (
          <>
            <table className={classes.table}>
              <thead>
                <tr>
                  <th scope="col">When</th>
                  <th scope="col">Who</th>
                  <th scope="col">What</th>
                  <th scope="col" data-hide="sm">
                    From
                  </th>
                </tr>
              </thead>
              <tbody>
                {items.map((entry) => (
                  <tr key={entry.id}>
                    <td>
                      <RelativeTime at={entry.at} />
                    </td>
                    <td>{entry.actor_name || entry.actor_kind}</td>
                    <td>
                      {inWords(entry.action)}
                      {entry.reason && (
                        <Text span c="dimmed">
                          {' '}
                          {entry.reason}
                        </Text>
                      )}
                    </td>
                    <td data-hide="sm">{entry.address ?? ''}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            <Pager page={page} total={total} onPage={(next) => change({ page: next })} />
          </>
        )}
      </Faces>
    </Section>
  );
}

interface PagerProps {
  page: number;
  total: number;
  onPage: (page: number) => void;
}

function Pager({ page, total, onPage }: PagerProps) {
  const count = Math.ceil(total / RUNS_PER_PAGE);
  if (count <= 1) return null;
  return (
    <Group justify="center" gap="xs" mt="sm" component="nav" aria-label="Pages">
      <Button size="xs" variant="default" disabled={page <= 1} onClick={() => onPage(page - 1)}>
        Newer
      </Button>
      <Text size="sm">
        Page {page} of {count}
      </Text>
      <Button size="xs" variant="default" disabled={page >= count} onClick={() => onPage(page + 1)}>
        Older
      </Button>
    </Group>
  );
}
