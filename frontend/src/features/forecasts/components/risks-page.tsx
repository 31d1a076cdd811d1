import { Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Column } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page } from '@/components/page';
import { StatusBadge } from '@/components/status-badge';
import { useSearchState } from '@/hooks/use-search-state';
import { threeDigits } from '@/lib/format';
import type { TableState } from '@/lib/search';
import type { State } from '@/lib/states';
import { PER_PAGE, risksQuery, type DriveRisk } from '../api';

const percent = (share: number) => threeDigits(Math.round(share * 1000) / 10);

/** "2 to 3 %"; never one number, because the statistics give none. */
export function riskInWords({ least, greatest }: DriveRisk): string {
  if (least === null || greatest === null) return 'not known';
  return `${percent(least)} to ${percent(greatest)} %`;
}

function stateOf({ least }: DriveRisk): State {
  if (least === null) return 'unknown';
  if (least >= 0.2) return 'critical';
  return least >= 0.05 ? 'warning' : 'ok';
}

const COLUMNS: Column<DriveRisk>[] = [
  {
    id: 'risk',
    header: 'Fails within a year',
    width: '150px',
    cell: (row) => (
      <StatusBadge state={stateOf(row)} reason={`${row.why} ${row.source}`.trim()}>
        {riskInWords(row)}
      </StatusBadge>
    ),
  },
  {
    id: 'name',
    header: 'Drive',
    width: 'clamp(80px, 14%, 160px)',
    text: (row) => row.name,
    cell: (row) => (
      <Link to="/storage/devices/$deviceId" params={{ deviceId: row.device_id }} tabIndex={-1}>
        {row.name}
      </Link>
    ),
  },
  {
    id: 'server',
    header: 'Server',
    width: 'clamp(80px, 16%, 180px)',
    cell: (row) => (
      <Link to="/servers/$serverId" params={{ serverId: row.server_id }} tabIndex={-1}>
        {row.server_name}
      </Link>
    ),
  },
  { id: 'model', header: 'Model', hideBelow: 'md', width: '18%', cell: (row) => row.model },
  {
    id: 'why',
    header: 'Why',
    hideBelow: 'md',
    cell: (row) => (
      <Tooltip label={`${row.why} ${row.source}`.trim()}>
        <span>{row.why}</span>
      </Tooltip>
    ),
  },
];

/** The drives by the risk to fail within a year, from published statistics. */
export function RisksPage() {
  const [search, change] = useSearchState<TableState>();
  const query = useQuery(risksQuery(search));
  const navigate = useNavigate();
  return (
    <Page
      title="Drives by risk"
      crumbs={[{ label: 'Forecasts', link: { to: '/storage/forecasts' } }]}
      subtitle="How many hard disks with such counters failed within a year, by Backblaze's published figures."
    >
      <Faces
        query={query}
        what="The drives could not be read"
        skeleton={<RowsSkeleton rows={8} />}
        isEmpty={({ total }) => total === 0 && !search.q}
        empty={
          <EmptyState title="No drives seen yet">
            Drives are found at each collection of a server; their counters are read a few times a
            day.
          </EmptyState>
        }
      >
        {({ items, total, page }) => (
          <DataTable
            label="Drives by risk"
            noun="drive"
            rows={items}
            columns={COLUMNS}
            rowId={(row) => row.device_id}
            search={search}
            onSearch={change}
            onOpen={(row) =>
              void navigate({
                to: '/storage/devices/$deviceId',
                params: { deviceId: row.device_id },
              })
            }
            paging={{ page, total, pageCount: Math.ceil(total / PER_PAGE) }}
          />
        )}
      </Faces>
    </Page>
  );
}
