import { UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Column, Filter } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { SavedViews } from '@/components/saved-views';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import { auditQuery, ENTRIES_PER_PAGE, SPANS, type AuditEntry } from '../api';
import { EntryDialog } from './entry-dialog';
import { VerificationResult, VerifyButton } from './verify-chain';

// The nouns that actions begin with.
const NOUNS = [
  'alarm_channel',
  'api_token',
  'credential',
  'group',
  'host_key',
  'job',
  'job_run',
  'login',
  'resource',
  'server',
  'session',
  'ssh_key',
  'user',
];

const FILTERS: Filter<AuditEntry>[] = [
  {
    id: 'action',
    label: 'About',
    options: NOUNS.map((noun) => ({ value: noun, label: noun.replaceAll('_', ' ') })),
  },
  {
    id: 'span',
    label: 'Any time',
    options: Object.entries(SPANS).map(([value, { label }]) => ({ value, label })),
  },
];

// The server sorts, so `sortBy` only says that a column can be sorted.
const sortable = () => null;

function columns(open: (entry: AuditEntry) => void): Column<AuditEntry>[] {
  return [
    {
      id: 'at',
      header: 'When',
      width: '96px',
      sortBy: sortable,
      cell: (entry) => <RelativeTime at={entry.at} />,
    },
    {
      id: 'actor_name',
      header: 'Who',
      width: '120px',
      sortBy: sortable,
      text: (entry) => entry.actor_name,
      cell: (entry) => entry.actor_name,
    },
    {
      id: 'action',
      header: 'What',
      sortBy: sortable,
      text: (entry) => entry.action,
      cell: (entry) => (
        <UnstyledButton c="var(--mantine-color-anchor)" fz="sm" onClick={() => open(entry)}>
          {entry.action}
        </UnstyledButton>
      ),
    },
    {
      id: 'object_name',
      header: 'On',
      hideBelow: 'sm',
      sortBy: sortable,
      text: (entry) => `${entry.object_kind} ${entry.object_name}`,
      cell: (entry) => `${entry.object_kind} ${entry.object_name}`,
    },
    {
      id: 'address',
      header: 'From',
      width: '140px',
      hideBelow: 'md',
      cell: (entry) => entry.address ?? '–',
    },
    {
      id: 'seq',
      header: 'Entry',
      width: '80px',
      align: 'right',
      hideBelow: 'md',
      sortBy: sortable,
      cell: (entry) => entry.seq,
    },
  ];
}

export function AuditPage() {
  const [search, change] = useSearchState<TableState>();
  // The open entry is no part of what the list asks for.
  const { entry: openId, ...asked } = search;
  const entries = useQuery(auditQuery(asked));
  const isFiltered = Object.values(asked).some((value) => value !== undefined);
  const open = (entry: AuditEntry) => change({ entry: entry.id });
  return (
    <Page
      title="Audit"
      crumbs={[{ label: 'System', link: { to: '/system' } }]}
      subtitle="Who did what, and when. Each entry is chained to all before it."
      actions={<VerifyButton />}
    >
      <VerificationResult />
      <Faces
        query={entries}
        what="The audit log could not be read"
        skeleton={<RowsSkeleton />}
        isEmpty={(page) => page.total === 0 && !isFiltered}
        empty={
          <EmptyState title="Nothing was done yet">
            Every change that a person, a token or Unity itself makes is written here.
          </EmptyState>
        }
      >
        {(page) => (
          <>
            <DataTable
              label="Audit log"
              noun="entry"
              actions={<SavedViews page="audit" />}
              nouns="entries"
              rows={page.items}
              columns={columns(open)}
              filters={FILTERS}
              rowId={(entry) => entry.id}
              search={asked}
              onSearch={change}
              onOpen={open}
              paging={{
                page: page.page,
                pageCount: Math.ceil(page.total / ENTRIES_PER_PAGE),
                total: page.total,
              }}
            />
            <EntryDialog
              entry={page.items.find((entry) => entry.id === openId) ?? null}
              onClose={() => change({ entry: undefined })}
            />
          </>
        )}
      </Faces>
    </Page>
  );
}
