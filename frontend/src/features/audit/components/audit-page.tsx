import { Button, Group, Stack, Text, UnstyledButton } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMay } from '@/api/session';
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
import { auditQuery, exportAddress, objectOf, SPANS, type AuditEntry } from '../api';
import { Checkpoints } from './checkpoints';
import { EntryDialog } from './entry-dialog';
import { VerificationResult, VerifyButton } from './verify-chain';

// The nouns that actions begin with.
const NOUNS = [
  'alert',
  'alert_rule',
  'api_token',
  'audit',
  'audit_sink',
  'backup',
  'backup_destination',
  'credential',
  'database',
  'device',
  'grant',
  'group',
  'host_key',
  'identity',
  'identity_provider',
  'job',
  'job_run',
  'login',
  'notification_channel',
  'notification_route',
  'notification_template',
  'plugin_instance',
  'plugin_key',
  'recovery_codes',
  'resource',
  'second_factor',
  'server',
  'service_account',
  'session',
  'ssh_key',
  'storage_pool',
  'user',
];

const FILTERS: Filter<AuditEntry>[] = [
  {
    id: 'action',
    label: 'About',
    options: NOUNS.map((noun) => ({ value: noun, label: noun.replaceAll('_', ' ') })),
  },
  {
    id: 'result',
    label: 'Any result',
    options: [
      { value: 'done', label: 'done' },
      { value: 'failed', label: 'failed' },
    ],
  },
  {
    id: 'span',
    label: 'Any time',
    options: Object.entries(SPANS).map(([value, { label }]) => ({ value, label })),
  },
];

function columns(open: (entry: AuditEntry) => void): Column<AuditEntry>[] {
  return [
    {
      id: 'at',
      header: 'When',
      width: '96px',
      cell: (entry) => <RelativeTime at={entry.at} />,
    },
    {
      id: 'actor_name',
      header: 'Who',
      width: '120px',
      text: (entry) => entry.actor_name,
      cell: (entry) => entry.actor_name,
    },
    {
      id: 'action',
      header: 'What',
      text: (entry) => entry.action,
      cell: (entry) => (
        <UnstyledButton
          c="var(--mantine-color-anchor)"
          fz="sm"
          title={entry.action}
          onClick={() => open(entry)}
        >
          {entry.action}
        </UnstyledButton>
      ),
    },
    {
      id: 'object_name',
      header: 'On',
      hideBelow: 'sm',
      text: objectOf,
      cell: (entry) => <span title={objectOf(entry)}>{objectOf(entry)}</span>,
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
      cell: (entry) => entry.seq,
    },
  ];
}

function Export({ search }: { search: TableState }) {
  return (
    <Group gap="xs">
      {(['csv', 'jsonl'] as const).map((format) => (
        <Button
          key={format}
          component="a"
          href={exportAddress(search, format)}
          download
          variant="default"
          size="xs"
        >
          {format === 'csv' ? 'Export CSV' : 'Export JSON'}
        </Button>
      ))}
    </Group>
  );
}

export function AuditPage() {
  const [search, change] = useSearchState<TableState>();
  const mayExport = useMay('audit:export');
  // The open entry is no part of what the list asks for.
  const { entry: openId, ...asked } = search;
  const entries = useInfiniteQuery(auditQuery(asked));
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
        isEmpty={(found) => !isFiltered && found.pages.every((page) => page.items.length === 0)}
        empty={
          <EmptyState title="Nothing was done yet">
            Every change that a person, a token or Unity itself makes is written here.
          </EmptyState>
        }
      >
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          return (
            <Stack gap="sm">
              <DataTable
                label="Audit log"
                noun="entry"
                actions={
                  <>
                    {mayExport && <Export search={asked} />}
                    <SavedViews page="audit" />
                  </>
                }
                nouns="entries"
                rows={rows}
                columns={columns(open)}
                filters={FILTERS}
                rowId={(entry) => entry.id}
                search={asked}
                onSearch={change}
                onOpen={open}
                paging={{ page: 1, pageCount: 1, total: rows.length }}
              />
              {entries.hasNextPage && (
                <Group justify="center">
                  {rows.length === 0 && (
                    <Text c="dimmed">
                      None down to entry {pages.at(-1)?.searched_to}. A text of digits or of parts
                      of ids is looked for in 100,000 entries at a time; older ones were not
                      searched yet.
                    </Text>
                  )}
                  <Button
                    variant="default"
                    loading={entries.isFetchingNextPage}
                    onClick={() => void entries.fetchNextPage()}
                  >
                    Older entries
                  </Button>
                </Group>
              )}
              <EntryDialog
                entry={rows.find((entry) => entry.id === openId) ?? null}
                onClose={() => change({ entry: undefined })}
              />
            </Stack>
          );
        }}
      </Faces>
      <Checkpoints />
    </Page>
  );
}
