import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page } from '@/components/page';
import { useSearchState } from '@/hooks/use-search-state';
import { formatBytes, plural } from '@/lib/format';
import type { TableState } from '@/lib/search';
import { KINDS, LEVEL_WORDS, PER_PAGE, poolsQuery, poolSummaryQuery } from '../api';
import { COLUMNS } from './pools-columns';

const FILTERS = [
  {
    id: 'level',
    label: 'Verdict',
    options: Object.entries(LEVEL_WORDS).map(([value, label]) => ({ value, label })),
  },
  {
    id: 'kind',
    label: 'Kind',
    options: Object.entries(KINDS).map(([value, label]) => ({ value, label })),
  },
];

function Totals() {
  const { data } = useQuery(poolSummaryQuery);
  if (!data || data.total === 0) return null;
  const words = [
    plural(data.total, 'pool'),
    `${formatBytes(data.used_bytes)} of ${formatBytes(data.size_bytes)} used`,
    data.busy > 0 ? `${data.busy} at work` : '',
  ];
  return <>{words.filter(Boolean).join(' · ')}</>;
}

const isNarrowed = ({ q, level, kind }: TableState) => Boolean(q ?? level ?? kind);

/** What drives are put together to, on all machines: the worst first. */
export function PoolsPage() {
  const [search, change] = useSearchState<TableState>();
  const query = useQuery(poolsQuery(search));
  const navigate = useNavigate();
  return (
    <Page title="Pools" subtitle={<Totals />}>
      <Faces
        query={query}
        what="The pools could not be read"
        skeleton={<RowsSkeleton rows={8} />}
        isEmpty={({ total }) => total === 0 && !isNarrowed(search)}
        empty={
          <EmptyState title="No pools seen yet">
            A pool is what drives are put together to: ZFS, Linux RAID, LVM or btrfs. Unity looks
            for them on every server at each collection, and has found none.
          </EmptyState>
        }
      >
        {({ items, total, page }) => (
          <DataTable
            label="Pools"
            noun="pool"
            rows={items}
            columns={COLUMNS}
            rowId={(pool) => pool.id}
            filters={FILTERS}
            search={search}
            onSearch={change}
            onOpen={(pool) =>
              void navigate({ to: '/storage/pools/$poolId', params: { poolId: pool.id } })
            }
            paging={{ page, total, pageCount: Math.ceil(total / PER_PAGE) }}
          />
        )}
      </Faces>
    </Page>
  );
}
