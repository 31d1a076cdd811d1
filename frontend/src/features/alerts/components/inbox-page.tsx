import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '@/api/session';
import type { Column, Filter } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { SavedViews } from '@/components/saved-views';
import { StatusBadge } from '@/components/status-badge';
import { useNow } from '@/hooks/use-now';
import { useSearchState } from '@/hooks/use-search-state';
import { formatDuration, plural } from '@/lib/format';
import type { TableState } from '@/lib/search';
import { alertCountsQuery, ALERTS_PER_PAGE, alertsQuery, type Alert } from '../api';
import { notes, STATE_NAMES, stateOfAlert } from '../words';
import { AcknowledgeButton } from './acknowledge-dialog';
import { SilenceDialog } from './silence-dialog';
import { SnoozeMenu } from './snooze-menu';

const FILTERS: Filter<Alert>[] = [
  {
    id: 'state',
    label: 'Status',
    options: (['firing', 'acknowledged', 'pending', 'resolved'] as const).map((value) => ({
      value,
      label: STATE_NAMES[value],
    })),
  },
  {
    id: 'severity',
    label: 'Severity',
    options: ['critical', 'warning', 'info'].map((value) => ({ value, label: value })),
  },
  {
    id: 'quiet',
    label: 'Kept quiet',
    options: [
      { value: 'yes', label: 'kept quiet' },
      { value: 'no', label: 'told' },
    ],
  },
];

// The server sorts, so `sortBy` only says that a column can be sorted.
const sortable = () => null;

/** How long it lasts; it goes on while the page stands open. */
function Lasts({ alert: { began_at, resolved_at } }: { alert: Alert }) {
  const now = useNow();
  const end = resolved_at === null ? now.getTime() : Date.parse(resolved_at);
  return formatDuration((end - Date.parse(began_at)) / 1000);
}

const COLUMNS: Column<Alert>[] = [
  {
    id: 'urgency',
    header: 'Severity',
    width: '100px',
    sortBy: sortable,
    cell: (alert) => (
      <StatusBadge state={stateOfAlert(alert)} reason={alert.muted_by || undefined}>
        {alert.state === 'resolved' ? 'over' : alert.severity}
      </StatusBadge>
    ),
  },
  {
    id: 'title',
    header: 'What',
    text: (alert) => alert.title,
    cell: (alert) => (
      <Link
        to="/alerts/$alertId"
        params={{ alertId: alert.id }}
        title={`${alert.title}: ${alert.message}`}
      >
        {alert.title}
      </Link>
    ),
  },
  {
    id: 'server',
    header: 'Server',
    width: '180px',
    hideBelow: 'sm',
    text: (alert) => alert.server_name,
    cell: ({ server_id, server_name }) =>
      server_id === null ? (
        '–'
      ) : (
        <Link to="/servers/$serverId" params={{ serverId: server_id }}>
          {server_name}
        </Link>
      ),
  },
  {
    id: 'notes',
    header: 'Note',
    width: '220px',
    hideBelow: 'lg',
    cell: (alert) => (
      <Text span size="sm" c="dimmed" title={notes(alert)}>
        {notes(alert)}
      </Text>
    ),
  },
  {
    id: 'state',
    header: 'Status',
    width: '120px',
    hideBelow: 'sm',
    sortBy: sortable,
    cell: (alert) =>
      alert.muted_by && alert.state !== 'resolved' ? 'quiet' : STATE_NAMES[alert.state],
  },
  {
    id: 'lasted',
    header: 'Lasts',
    width: '120px',
    align: 'right',
    hideBelow: 'sm',
    cell: (alert) => <Lasts alert={alert} />,
  },
  {
    id: 'began_at',
    header: 'Began',
    width: '100px',
    align: 'right',
    hideBelow: 'sm',
    sortBy: sortable,
    cell: (alert) => <RelativeTime at={alert.began_at} />,
  },
];

function Counts() {
  const counts = useQuery(alertCountsQuery).data;
  if (counts === undefined) return <>The worst and oldest first; each cause stands once.</>;
  const active = counts.filter(({ state }) => state !== 'pending');
  const sum = (severity: string) =>
    active
      .filter((one) => one.severity === severity && !one.is_muted)
      .reduce((total, { count }) => total + count, 0);
  const quiet = active.reduce((total, one) => total + (one.is_muted ? one.count : 0), 0);
  return (
    <>
      {sum('critical')} critical, {plural(sum('warning'), 'warning')}, {sum('info')} for
      information; {quiet} kept quiet.
    </>
  );
}

function BulkActions({ alerts, onDone }: { alerts: Alert[]; onDone: () => void }) {
  return (
    <>
      <AcknowledgeButton alerts={alerts} onDone={onDone} />
      <SnoozeMenu alerts={alerts} onDone={onDone} />
    </>
  );
}

function isUnfiltered({ q, state, severity, quiet, tag, page }: TableState): boolean {
  return [q, state, severity, quiet, tag, page].every((value) => value === undefined);
}

/** What needs somebody, across all domains. */
export function InboxPage() {
  const [search, change] = useSearchState<TableState>();
  const navigate = useNavigate();
  const mayManage = useMay('alerts:manage');
  const [isSilencing, setIsSilencing] = useState(false);
  const alerts = useQuery(alertsQuery(search));
  return (
    <Page
      title="Alerts"
      subtitle={<Counts />}
      actions={
        <Group gap="xs">
          <Button component={Link} to="/alerts/rules" variant="default">
            Rules
          </Button>
          <Button component={Link} to="/alerts/silences" variant="default">
            Silences and windows
          </Button>
          {mayManage && <Button onClick={() => setIsSilencing(true)}>Silence alerts</Button>}
        </Group>
      }
    >
      <Faces
        query={alerts}
        what="The alerts could not be read"
        skeleton={<RowsSkeleton />}
        isEmpty={(page) => page.total === 0 && isUnfiltered(search)}
        empty={
          <EmptyState
            title="Nothing is wrong"
            action={
              <Button component={Link} to="/alerts/rules" variant="default">
                What Unity watches for
              </Button>
            }
          >
            No rule finds anything now. What was wrong before stands under the status “over”.{' '}
            <Link to="." search={{ state: 'resolved' }}>
              Show it
            </Link>
          </EmptyState>
        }
      >
        {(page) => (
          <DataTable
            label="Alerts"
            noun="alert"
            actions={<SavedViews page="alerts" />}
            rows={page.items}
            columns={COLUMNS}
            filters={FILTERS}
            rowId={(alert) => alert.id}
            search={search}
            onSearch={change}
            onOpen={(alert) =>
              void navigate({ to: '/alerts/$alertId', params: { alertId: alert.id } })
            }
            {...(mayManage && search.state !== 'resolved'
              ? {
                  bulkActions: (chosen: Alert[], clear: () => void) => (
                    <BulkActions alerts={chosen} onDone={clear} />
                  ),
                }
              : {})}
            paging={{
              page: page.page,
              pageCount: Math.ceil(page.total / ALERTS_PER_PAGE),
              total: page.total,
            }}
          />
        )}
      </Faces>
      <SilenceDialog isOpen={isSilencing} onClose={() => setIsSilencing(false)} />
    </Page>
  );
}
