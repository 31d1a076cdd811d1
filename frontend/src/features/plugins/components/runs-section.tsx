import { Group, Pagination, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { formatDuration } from '@/lib/format';
import { logsQuery, runsQuery, RUNS_PER_PAGE, type Run } from '../api';
import { kindInWords } from '../words';
import classes from './plugins.module.css';

const numbersOf = ({ samples, rejected }: Run) =>
  rejected > 0 ? `${samples}, ${rejected} not taken` : String(samples);

/** How the last runs ended. */
export function RunsSection({ id }: { id: string }) {
  const [page, setPage] = useState(1);
  const runs = useQuery(runsQuery(id, page));
  return (
    <Section title="Runs">
      <Faces
        query={runs}
        what="The runs could not be read"
        skeleton={<RowsSkeleton rows={4} />}
        isEmpty={({ total }) => total === 0}
        empty={<Text c="dimmed">It has not run yet.</Text>}
      >
        {({ items, total }) => (
          <Stack gap="xs">
            <div className={classes.scroll} role="region" aria-label="Runs" tabIndex={0}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>End</Table.Th>
                    <Table.Th>Began</Table.Th>
                    <Table.Th className={classes.number}>Took</Table.Th>
                    <Table.Th className={classes.number}>Numbers</Table.Th>
                    <Table.Th>By</Table.Th>
                    <Table.Th>What came of it</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((run) => (
                    <Table.Tr key={run.id}>
                      <Table.Td>
                        <StatusBadge state={run.outcome === 'ok' ? 'ok' : 'critical'}>
                          {kindInWords(run.outcome)}
                        </StatusBadge>
                      </Table.Td>
                      <Table.Td>
                        <RelativeTime at={run.began_at} />
                      </Table.Td>
                      <Table.Td className={classes.number}>
                        {formatDuration(run.took_ms / 1000)}
                      </Table.Td>
                      <Table.Td className={classes.number}>{numbersOf(run)}</Table.Td>
                      <Table.Td>{run.by}</Table.Td>
                      <Table.Td>{run.detail}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </div>
            {total > RUNS_PER_PAGE && (
              <Group>
                <Pagination
                  size="sm"
                  total={Math.ceil(total / RUNS_PER_PAGE)}
                  value={page}
                  onChange={setPage}
                  getControlProps={(control) => ({ 'aria-label': `${control} page` })}
                />
              </Group>
            )}
          </Stack>
        )}
      </Faces>
    </Section>
  );
}

/** What the plugin wrote, the newest first. */
export function LogSection({ id }: { id: string }) {
  const logs = useQuery(logsQuery(id));
  return (
    <Section title="Log">
      <Faces
        query={logs}
        what="The log could not be read"
        skeleton={<RowsSkeleton rows={3} />}
        isEmpty={({ total }) => total === 0}
        empty={<Text c="dimmed">It has written nothing.</Text>}
      >
        {({ items }) => (
          <pre className={classes.log} tabIndex={0} aria-label="Lines of the log, newest first">
            {items.map(({ at, level, text }) => `${at}  ${level}  ${text}`).join('\n')}
          </pre>
        )}
      </Faces>
    </Section>
  );
}
