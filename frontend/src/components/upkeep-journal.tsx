import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ACTION_STATES, ACTION_WORDS, actionsQuery, type UpkeepAction } from '@/api/upkeep';
import { formatPercent } from '@/lib/format';
import { Section } from './page';
import { RelativeTime } from './relative-time';
import { StatusBadge } from './status-badge';
import classes from './upkeep-journal.module.css';

export const stateWords = ({ state, percent }: UpkeepAction) =>
  state === 'running' && percent !== null ? `running, ${formatPercent(percent / 100)}` : state;

/** What was started from here on one drive or pool, and how it ended. */
export function UpkeepJournal({ resourceId }: { resourceId: string }) {
  const { data } = useQuery(actionsQuery(resourceId));
  if (!data || data.total === 0) return null;
  return (
    <Section title="Started from here">
      <div className={classes.scroll} role="region" aria-label="Started from here" tabIndex={0}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>What</Table.Th>
              <Table.Th>Result</Table.Th>
              <Table.Th>Details</Table.Th>
              <Table.Th>When</Table.Th>
              <Table.Th>By</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.items.map((action) => (
              <Table.Tr key={action.id}>
                <Table.Td className={classes.tight}>{ACTION_WORDS[action.kind]}</Table.Td>
                <Table.Td className={classes.tight}>
                  <StatusBadge state={ACTION_STATES[action.state]}>
                    {stateWords(action)}
                  </StatusBadge>
                </Table.Td>
                <Table.Td>
                  {action.message}
                  <Text size="sm" c="dimmed" component="div">
                    <code>{action.command}</code>
                  </Text>
                </Table.Td>
                <Table.Td className={classes.tight}>
                  <RelativeTime at={action.started_at} />
                </Table.Td>
                <Table.Td className={classes.tight}>{action.requested_by}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </Section>
  );
}
