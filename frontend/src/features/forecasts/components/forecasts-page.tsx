import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page } from '@/components/page';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import { forecastsQuery, KINDS, PER_PAGE } from '../api';
import { COLUMNS } from './forecasts-columns';

const FILTERS = [
  {
    id: 'kind',
    label: 'Kind',
    options: Object.entries(KINDS).map(([value, label]) => ({ value, label })),
  },
  {
    id: 'dated',
    label: 'Date',
    options: [
      { value: 'yes', label: 'with a date' },
      { value: 'no', label: 'without a date' },
    ],
  },
];

const isNarrowed = ({ q, kind, dated }: TableState) => Boolean(q ?? kind ?? dated);

/** What fills up and wears out, on all machines: what is used up first stands first. */
export function ForecastsPage() {
  const [search, change] = useSearchState<TableState>();
  const query = useQuery(forecastsQuery(search));
  const navigate = useNavigate();
  return (
    <Page
      title="Forecasts"
      subtitle="When things are used up if they go on like this. Made every hour, shown only where it holds."
      actions={
        <Anchor component={Link} to="/storage/forecasts/drives">
          Drives by risk
        </Anchor>
      }
    >
      <Faces
        query={query}
        what="The forecasts could not be read"
        skeleton={<RowsSkeleton rows={8} />}
        isEmpty={({ total }) => total === 0 && !isNarrowed(search)}
        empty={
          <EmptyState title="No forecasts yet">
            Forecasts are made every hour from what was measured. They begin two days after a server
            was added, and name a date where something grows steadily.
          </EmptyState>
        }
      >
        {({ items, total, page }) => (
          <DataTable
            label="Forecasts"
            noun="forecast"
            rows={items}
            columns={COLUMNS}
            rowId={(row) => row.id}
            filters={FILTERS}
            search={search}
            onSearch={change}
            onOpen={(row) =>
              void navigate({
                to: '/storage/forecasts/$forecastId',
                params: { forecastId: row.id },
              })
            }
            paging={{ page, total, pageCount: Math.ceil(total / PER_PAGE) }}
          />
        )}
      </Faces>
    </Page>
  );
}
