import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Column, Filter } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { useSearchState } from '@/hooks/use-search-state';
import { formatCount, formatDuration, NOT_KNOWN } from '@/lib/format';
import type { TableState } from '@/lib/search';
import { exchangesQuery, EXCHANGES_PER_PAGE, type Exchange } from '../api';
import { FEATURE_WORDS, STATE_OF, STATE_WORDS } from '../words';

// The server sorts, so `sortBy` only says that a column can be sorted.
const sortable = () => null;

const what = (one: Exchange) => one.subject_name || FEATURE_WORDS[one.feature];

const COLUMNS: Column<Exchange>[] = [
  {
    id: 'state',
    header: 'Status',
    width: '120px',
    cell: (one) => (
      <StatusBadge state={STATE_OF[one.state]} reason={one.problem || undefined}>
        {STATE_WORDS[one.state]}
      </StatusBadge>
    ),
  },
  {
    id: 'subject',
    header: 'For what',
    text: what,
    cell: (one) => (
      <Link to="/system/assistant/$exchangeId" params={{ exchangeId: one.id }}>
        {what(one)}
      </Link>
    ),
  },
  {
    id: 'actor_name',
    header: 'Who',
    width: '130px',
    sortBy: sortable,
    hideBelow: 'sm',
    cell: (one) => one.actor_name,
  },
  { id: 'model', header: 'Model', hideBelow: 'md', cell: (one) => one.model },
  {
    id: 'tokens',
    header: 'Tokens',
    width: '90px',
    align: 'right',
    hideBelow: 'md',
    cell: (one) =>
      `${one.is_estimated ? '≈ ' : ''}${formatCount(one.input_tokens + one.output_tokens)}`,
  },
  {
    id: 'cost',
    header: 'Cost',
    width: '90px',
    align: 'right',
    sortBy: sortable,
    hideBelow: 'lg',
    cell: (one) => (one.cost === null ? NOT_KNOWN : one.cost.toFixed(4)),
  },
  {
    id: 'seconds',
    header: 'Took',
    width: '80px',
    align: 'right',
    sortBy: sortable,
    hideBelow: 'lg',
    cell: (one) => formatDuration(one.seconds),
  },
  {
    id: 'at',
    header: 'When',
    width: '110px',
    align: 'right',
    sortBy: sortable,
    cell: (one) => <RelativeTime at={one.at} />,
  },
];

const FILTERS: Filter<Exchange>[] = [
  {
    id: 'feature',
    label: 'Use',
    options: Object.entries(FEATURE_WORDS).map(([value, label]) => ({ value, label })),
  },
  {
    id: 'state',
    label: 'Status',
    options: Object.entries(STATE_WORDS).map(([value, label]) => ({ value, label })),
  },
];

function isUnfiltered({ q, state, feature, page }: TableState): boolean {
  return [q, state, feature, page].every((value) => value === undefined);
}

/** Every use of the model, with a page of its own for what was sent. */
export function RecordSection() {
  const [search, change] = useSearchState<TableState>();
  const navigate = useNavigate();
  const query = useQuery(exchangesQuery(search));
  return (
    <Section title="Record">
      <Faces
        query={query}
        what="The record could not be read"
        skeleton={<RowsSkeleton rows={4} />}
        isEmpty={(page) => page.total === 0 && isUnfiltered(search)}
        empty={
          <EmptyState title="Nothing was asked yet">
            Each question, explanation and test stands here with what was sent and what came back.
          </EmptyState>
        }
      >
        {(page) => (
          <DataTable
            label="Record"
            noun="use"
            rows={page.items}
            columns={COLUMNS}
            filters={FILTERS}
            rowId={(one) => one.id}
            search={search}
            onSearch={change}
            onOpen={(one) =>
              void navigate({ to: '/system/assistant/$exchangeId', params: { exchangeId: one.id } })
            }
            paging={{
              page: page.page,
              pageCount: Math.ceil(page.total / EXCHANGES_PER_PAGE),
              total: page.total,
            }}
          />
        )}
      </Faces>
    </Section>
  );
}
