import { Anchor, Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { toProblem } from '@/api/problem';
import { ConfirmDialog } from '@/components/confirm-dialog';
import type { Column } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { Item, ItemList } from '@/components/item-list';
import { RowsSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Page, Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { useSearchState } from '@/hooks/use-search-state';
import { plural } from '@/lib/format';
import type { TableState } from '@/lib/search';
import {
  channelNamesQuery,
  issuesQuery,
  PER_PAGE,
  reportsQuery,
  useDeleteReport,
  useSendReport,
  type HealthReport,
  type ReportIssue,
} from '../api';
import { exact, rhythm } from '../words';
import { ReportDialog } from './report-dialog';

// The server sorts, so `sortBy` only says that a column can be sorted.
const sortable = () => null;

const COLUMNS: Column<ReportIssue>[] = [
  {
    id: 'title',
    header: 'Report',
    text: ({ title }) => title,
    cell: ({ id, title }) => (
      <Anchor
        size="sm"
        component={Link}
        to="/alerts/reports/$issueId"
        params={{ issueId: id } as never}
      >
        {title}
      </Anchor>
    ),
  },
  {
    id: 'channels',
    header: 'Went to',
    width: '220px',
    hideBelow: 'sm',
    cell: ({ channels }) => (channels.length === 0 ? 'nobody' : channels.join(', ')),
  },
  {
    id: 'cause',
    header: 'Why',
    width: '160px',
    hideBelow: 'md',
    cell: ({ cause, requested_by }) =>
      cause === 'schedule' ? 'Its time had come' : `Sent by ${requested_by}`,
  },
  {
    id: 'made_at',
    header: 'When',
    width: '120px',
    sortBy: sortable,
    cell: ({ made_at }) => <RelativeTime at={made_at} />,
  },
];

function DeleteReport({ report, onClose }: { report: HealthReport; onClose: () => void }) {
  const remove = useDeleteReport(report.id);
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Delete the report ${report.name}?`}
      confirmLabel="Delete"
      onConfirm={() => remove.mutate(undefined, { onSuccess: onClose })}
      isBusy={remove.isPending}
      error={remove.error}
      isDangerous
    >
      It is sent no more. Those that were sent stay in the list.
    </ConfirmDialog>
  );
}

function PlannedReport({ report, onChange }: { report: HealthReport; onChange: () => void }) {
  const send = useSendReport(report.id);
  const [isDeleting, setDeleting] = useState(false);
  const channels = useQuery(channelNamesQuery).data ?? [];
  const named = channels.filter(({ id }) => report.channel_ids.includes(id));
  const sendNow = () =>
    send.mutate(undefined, {
      onSuccess: (issue) =>
        notifications.show({
          title: 'The report was made',
          message:
            issue.channels.length === 0
              ? 'No channel is chosen: it only stands in the list.'
              : `It is on its way to ${plural(issue.channels.length, 'channel')}.`,
        }),
      onError: (error) =>
        notifications.show({
          title: 'The report was not made',
          message: toProblem(error).message,
          color: 'red.9',
        }),
    });
  return (
    <Item
      name={report.name}
      note={report.group_name === '' ? 'about everything' : `about ${report.group_name}`}
      facts={[
        report.is_enabled ? rhythm(report) : 'Switched off: it comes only when you send it',
        named.length === 0 ? 'To nobody yet' : `To ${named.map(({ name }) => name).join(', ')}`,
        ...(report.next_at === null ? [] : [`Next ${exact(report.next_at)}`]),
      ]}
      actions={
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            component={Link}
            to="/alerts/reports/preview"
            search={{ group: report.group_id ?? undefined, name: report.name } as never}
          >
            Preview
          </Button>
          <Button size="xs" variant="default" loading={send.isPending} onClick={sendNow}>
            Send now
          </Button>
          <Button size="xs" variant="default" onClick={onChange}>
            Change
          </Button>
          <Button size="xs" variant="default" onClick={() => setDeleting(true)}>
            Delete
          </Button>
        </Group>
      }
    >
      {report.finding !== '' && (
        <Notice state="warning" title={report.finding}>
          Choose a channel under <i>Change</i>, or switch the report off.
        </Notice>
      )}
      {isDeleting && <DeleteReport report={report} onClose={() => setDeleting(false)} />}
    </Item>
  );
}

function Planned({ onOpen }: { onOpen: (report?: HealthReport) => void }) {
  const reports = useQuery(reportsQuery);
  return (
    <Section title="Planned">
      <Faces
        query={reports}
        what="The planned reports could not be read"
        skeleton={<RowsSkeleton rows={2} />}
        isEmpty={(rows) => rows.length === 0}
        empty={
          <EmptyState
            title="No report is planned"
            action={<Button onClick={() => onOpen()}>Plan a report</Button>}
          >
            Once a week a mail says what went wrong, what fills up and when, which drives got worse,
            which backups are late and what waits for updates.
          </EmptyState>
        }
      >
        {(rows) => (
          <ItemList label="Planned reports">
            {rows.map((report) => (
              <PlannedReport key={report.id} report={report} onChange={() => onOpen(report)} />
            ))}
          </ItemList>
        )}
      </Faces>
    </Section>
  );
}

function Sent() {
  const [search, change] = useSearchState<TableState>();
  const issues = useQuery(issuesQuery(search));
  return (
    <Section title="Sent">
      <Faces
        query={issues}
        what="The reports that were sent could not be read"
        skeleton={<RowsSkeleton rows={4} />}
        isEmpty={({ total }) => total === 0 && !search.q}
        empty={
          <Text size="sm" c="dimmed">
            None was sent yet. Each one is kept here for two years, word for word.
          </Text>
        }
      >
        {({ items, total, page }) => (
          <DataTable
            label="Sent reports"
            noun="report"
            rows={items}
            columns={COLUMNS}
            rowId={(row) => row.id}
            search={search}
            onSearch={change}
            paging={{ page, total, pageCount: Math.ceil(total / PER_PAGE) }}
          />
        )}
      </Faces>
    </Section>
  );
}

/** The mail that comes every week: planned, previewed, sent, and those of the past. */
export function ReportsPage() {
  const [dialog, setDialog] = useState<{ report?: HealthReport } | null>(null);
  return (
    <Page
      title="Reports"
      crumbs={[{ label: 'Alerts', link: { to: '/alerts' } }]}
      subtitle="A mail every week that says how everything is, with what fills up and what waits."
      actions={
        <Group gap="xs">
          <Button variant="default" component={Link} to="/alerts/reports/preview">
            Preview
          </Button>
          <Button onClick={() => setDialog({})}>Plan a report</Button>
        </Group>
      }
    >
      <Planned onOpen={(report) => setDialog(report === undefined ? {} : { report })} />
      <Sent />
      <ReportDialog
        key={dialog?.report?.id ?? 'new'}
        isOpen={dialog !== null}
        onClose={() => setDialog(null)}
        report={dialog?.report}
      />
    </Page>
  );
}
