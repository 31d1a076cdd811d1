import { Button, Group, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import {
  ACTION_STATES,
  ACTION_WORDS,
  actionsQuery,
  plansQuery,
  type UpkeepAction,
  type UpkeepPlan,
} from '@/api/upkeep';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { stateWords } from '@/components/upkeep-journal';
import { plural } from '@/lib/format';
import classes from './storage.module.css';

const PER_PAGE = 50;

function Thing({ row }: { row: UpkeepPlan | UpkeepAction }) {
  return row.resource_kind === 'storage_pool' ? (
    <Link to="/storage/pools/$poolId" params={{ poolId: row.resource_id }}>
      {row.resource_name}
    </Link>
  ) : (
    <Link to="/storage/devices/$deviceId" params={{ deviceId: row.resource_id }}>
      {row.resource_name}
    </Link>
  );
}

function PlanState({ plan }: { plan: UpkeepPlan }) {
  if (plan.is_running) return <StatusBadge state="ok">running</StatusBadge>;
  if (plan.is_overdue)
    return (
      <StatusBadge state="warning" reason={plan.waits_for}>
        overdue
      </StatusBadge>
    );
  return <>{plan.is_due ? 'due' : 'planned'}</>;
}

function Plans() {
  const query = useQuery(plansQuery());
  return (
    <Section title="Planned">
      <Faces
        query={query}
        what="The plan could not be read"
        skeleton={<RowsSkeleton rows={4} />}
        isEmpty={({ total }) => total === 0}
        empty={
          <Text size="sm">
            Nothing is planned yet. Open a drive or a pool, and say how often it is tested or
            scrubbed.
          </Text>
        }
      >
        {({ items, total }) => (
          <>
            <div className={classes.scroll} role="region" aria-label="Planned" tabIndex={0}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>State</Table.Th>
                    <Table.Th>What</Table.Th>
                    <Table.Th>Of</Table.Th>
                    <Table.Th>Server</Table.Th>
                    <Table.Th>Every</Table.Th>
                    <Table.Th>Last</Table.Th>
                    <Table.Th>Next</Table.Th>
                    <Table.Th>Waits for</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((plan) => (
                    <Table.Tr key={`${plan.resource_id}-${plan.kind}`}>
                      <Table.Td className={classes.tight}>
                        <PlanState plan={plan} />
                      </Table.Td>
                      <Table.Td className={classes.tight}>{ACTION_WORDS[plan.kind]}</Table.Td>
                      <Table.Td>
                        <Thing row={plan} />
                      </Table.Td>
                      <Table.Td className={classes.tight}>{plan.server_name}</Table.Td>
                      <Table.Td className={classes.tight}>
                        {plural(plan.days, 'day')}
                        {plan.hour !== null && `, from ${plan.hour}:00`}
                      </Table.Td>
                      <Table.Td className={classes.tight}>
                        <RelativeTime at={plan.last_at} never="never" />
                      </Table.Td>
                      <Table.Td className={classes.tight}>
                        <RelativeTime at={plan.due_at} />
                      </Table.Td>
                      <Table.Td>{plan.waits_for}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </div>
            {total > items.length && (
              <Text size="sm">
                The next {items.length} of {total}.
              </Text>
            )}
          </>
        )}
      </Faces>
    </Section>
  );
}

function Journal() {
  const [page, setPage] = useState(1);
  const query = useQuery(actionsQuery(undefined, page, PER_PAGE));
  return (
    <Section title="Started">
      <Faces
        query={query}
        what="The journal could not be read"
        skeleton={<RowsSkeleton rows={4} />}
        isEmpty={({ total }) => total === 0}
        empty={<Text size="sm">Nothing was started from here yet.</Text>}
      >
        {({ items, total }) => (
          <>
            <div className={classes.scroll} role="region" aria-label="Started" tabIndex={0}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Result</Table.Th>
                    <Table.Th>What</Table.Th>
                    <Table.Th>Of</Table.Th>
                    <Table.Th>Server</Table.Th>
                    <Table.Th>Details</Table.Th>
                    <Table.Th>When</Table.Th>
                    <Table.Th>By</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((action) => (
                    <Table.Tr key={action.id}>
                      <Table.Td className={classes.tight}>
                        <StatusBadge state={ACTION_STATES[action.state]}>
                          {stateWords(action)}
                        </StatusBadge>
                      </Table.Td>
                      <Table.Td className={classes.tight}>{ACTION_WORDS[action.kind]}</Table.Td>
                      <Table.Td>
                        <Thing row={action} />
                      </Table.Td>
                      <Table.Td className={classes.tight}>{action.server_name}</Table.Td>
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
            {total > PER_PAGE && (
              <Group gap="xs" mt="xs">
                <Button
                  size="xs"
                  variant="default"
                  disabled={page === 1}
                  onClick={() => setPage(page - 1)}
                >
                  Newer
                </Button>
                <Button
                  size="xs"
                  variant="default"
                  disabled={page * PER_PAGE >= total}
                  onClick={() => setPage(page + 1)}
                >
                  Older
                </Button>
              </Group>
            )}
          </>
        )}
      </Faces>
    </Section>
  );
}

/** Self-tests and scrubs on one page: what comes, what waits and why, and what came of it. */
export function UpkeepPage() {
  return (
    <Page
      title="Tests and scrubs"
      crumbs={[{ label: 'Storage', link: { to: '/storage' } }]}
      subtitle="One runs on a machine at a time, and none wakes a disk, heats a hot one or disturbs a rebuild."
    >
      <Plans />
      <Journal />
    </Page>
  );
}
