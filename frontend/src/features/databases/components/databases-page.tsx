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
import { databasesQuery, databaseSummaryQuery, KINDS, PER_PAGE, STATE_WORDS } from '../api';
import { COLUMNS } from './databases-columns';

const FILTERS = [
  {
    id: 'state',
    label: 'State',
    options: Object.entries(STATE_WORDS).map(([value, label]) => ({ value, label })),
  },
  {
    id: 'kind',
    label: 'Engine',
    options: Object.entries(KINDS).map(([value, label]) => ({ value, label })),
  },
];

function Totals() {
  const { data } = useQuery(databaseSummaryQuery);
  if (!data || data.total === 0) return null;
  const waiting = data.states.needs_credentials ?? 0;
  const words = [
    plural(data.total, 'database server'),
    data.size_bytes > 0 ? `${formatBytes(data.size_bytes)} of data` : '',
    waiting > 0 ? `${waiting} without a login` : '',
  ];
  return <>{words.filter(Boolean).join(' · ')}</>;
}

const isNarrowed = ({ q, state, kind }: TableState) => Boolean(q ?? state ?? kind);

/** The databases of all machines: the worst first. */
export function DatabasesPage() {
  const [search, change] = useSearchState<TableState>();
  const query = useQuery(databasesQuery(search));
  const navigate = useNavigate();
  return (
    <Page title="Databases" subtitle={<Totals />}>
      <Faces
        query={query}
        what="The databases could not be read"
        skeleton={<RowsSkeleton rows={8} />}
        isEmpty={({ total }) => total === 0 && !isNarrowed(search)}
        empty={
          <EmptyState title="No databases seen yet">
            Unity finds PostgreSQL, MySQL, MariaDB, MongoDB, Redis, Valkey and MinIO by their
            processes, in containers too, at each collection of a server. It has found none.
          </EmptyState>
        }
      >
        {({ items, total, page }) => (
          <DataTable
            label="Databases"
            noun="database"
            rows={items}
            columns={COLUMNS}
            rowId={(database) => database.id}
            filters={FILTERS}
            search={search}
            onSearch={change}
            onOpen={(database) =>
              void navigate({ to: '/databases/$databaseId', params: { databaseId: database.id } })
            }
            paging={{ page, total, pageCount: Math.ceil(total / PER_PAGE) }}
          />
        )}
      </Faces>
    </Page>
  );
}
