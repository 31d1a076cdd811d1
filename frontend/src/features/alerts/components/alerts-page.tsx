import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMay } from '@/api/session';
import type { Column } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Page, Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { useSearchState } from '@/hooks/use-search-state';
import { formatDuration } from '@/lib/format';
import type { TableState } from '@/lib/search';
import {
  endedAlertsQuery,
  HISTORY_PER_PAGE,
  openAlertsQuery,
  stateOfAlert,
  type Alert,
} from '../api';

function ResourceLink({ alert }: { alert: Alert }) {
  return (
    <Link to="/servers/$serverId" params={{ serverId: alert.resource_id }}>
      {alert.resource_name}
    </Link>
  );
}

/** What is wrong, since when, and what to do; one that is not told yet says so. */
function OpenAlert({ alert }: { alert: Alert }) {
  const isTold = alert.state === 'firing';
  return (
    <Notice
      state={stateOfAlert(alert)}
      title={
        <Group gap="xs">
          <ResourceLink alert={alert} />
          <span>{alert.message}</span>
        </Group>
      }
    >
      {alert.fix && (
        <Text size="sm">
          <b>What to do: </b>
          {alert.fix}
        </Text>
      )}
      <Text size="sm" c="dimmed">
        Began <RelativeTime at={alert.began_at} />.{' '}
        {!isTold && 'It is told when the next reading shows it again.'}
      </Text>
    </Notice>
  );
}

function OpenAlerts() {
  const alerts = useQuery(openAlertsQuery);
  return (
    <Faces
      query={alerts}
      what="The alerts could not be read"
      skeleton={<RowsSkeleton rows={3} />}
      isEmpty={(list) => list.length === 0}
      empty={
        <EmptyState title="Nothing is wrong">
          Unity warns of servers that are offline or degraded, file systems over 90 % and failed
          units.
        </EmptyState>
      }
    >
      {(list) => (
        <Stack gap="xs">
          {list.map((alert) => (
            <OpenAlert key={alert.id} alert={alert} />
          ))}
        </Stack>
      )}
    </Faces>
  );
}

function lasted({ began_at, resolved_at }: Alert): string {
  const end = resolved_at === null ? Date.now() : Date.parse(resolved_at);
  return formatDuration((end - Date.parse(began_at)) / 1000);
}

const COLUMNS: Column<Alert>[] = [
  {
    id: 'ended',
    header: 'Ended',
    width: '110px',
    hideBelow: 'sm',
    cell: (alert) => <RelativeTime at={alert.resolved_at} />,
  },
  {
    id: 'resource',
    header: 'Server',
    width: '120px',
    cell: (alert) => <ResourceLink alert={alert} />,
  },
  {
    id: 'message',
    header: 'What was wrong',
    cell: (alert) => <span title={alert.message}>{alert.message}</span>,
  },
  {
    id: 'lasted',
    header: 'Lasted',
    width: '100px',
    align: 'right',
    hideBelow: 'sm',
    cell: (alert) => lasted(alert),
  },
];

function EndedAlerts() {
  const [search, change] = useSearchState<TableState>();
  const alerts = useQuery(endedAlertsQuery(search.page ?? 1));
  return (
    <Section title="Lately">
      <Faces
        query={alerts}
        what="The history could not be read"
        skeleton={<RowsSkeleton rows={4} />}
        isEmpty={(page) => page.total === 0}
        empty={<EmptyState title="No history">Alerts that are over stand here.</EmptyState>}
      >
        {(page) => (
          <DataTable
            label="Alerts that are over"
            noun="alert"
            rows={page.items}
            columns={COLUMNS}
            rowId={(alert) => alert.id}
            search={search}
            onSearch={change}
            paging={{
              page: page.page,
              pageCount: Math.ceil(page.total / HISTORY_PER_PAGE),
              total: page.total,
            }}
          />
        )}
      </Faces>
    </Section>
  );
}

export function AlertsPage() {
  const maySet = useMay('settings:manage');
  return (
    <Page
      title="Alerts"
      subtitle="What is wrong now, the oldest first, and what was wrong lately."
      actions={
        maySet && (
          <Button component={Link} to="/system/settings" variant="default">
            Where alarms go
          </Button>
        )
      }
    >
      <OpenAlerts />
      <EndedAlerts />
    </Page>
  );
}
