import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page } from '@/components/page';
import { useSearchState } from '@/hooks/use-search-state';
import { formatBytes, formatUnit, plural } from '@/lib/format';
import type { TableState } from '@/lib/search';
import { deviceSummaryQuery, devicesQuery, LEVEL_WORDS, MEDIA, PER_PAGE } from '../api';
import { COLUMNS } from './devices-columns';

const options = (words: Record<string, string>) =>
  Object.entries(words).map(([value, label]) => ({ value, label }));

const FILTERS = [
  { id: 'level', label: 'Verdict', options: options(LEVEL_WORDS) },
  { id: 'media', label: 'Kind', options: options(MEDIA) },
  {
    id: 'state',
    label: 'State',
    options: options({ present: 'present', missing: 'missing', gone: 'gone', retired: 'retired' }),
  },
];

function Totals() {
  const { data } = useQuery(deviceSummaryQuery);
  if (!data || data.total === 0) return null;
  const bad = data.levels.filter(({ level, count }) => level !== 'ok' && count > 0);
  const words = [
    plural(data.total, 'drive'),
    formatBytes(data.capacity_bytes),
    ...bad.map(({ level, count }) => `${count} ${LEVEL_WORDS[level] ?? level}`),
    data.missing > 0 ? `${data.missing} not there` : '',
    data.hottest_celsius === null ? '' : `hottest ${formatUnit(data.hottest_celsius, 'celsius')}`,
  ];
  return <>{words.filter(Boolean).join(' · ')}</>;
}

const isNarrowed = ({ q, level, media, state }: TableState) =>
  Boolean(q ?? level ?? media ?? state);

/** The drives of all machines: the worst first. */
export function DevicesPage() {
  const [search, change] = useSearchState<TableState>();
  const query = useQuery(devicesQuery(search));
  const navigate = useNavigate();
  return (
    <Page title="Drives" subtitle={<Totals />}>
      <Faces
        query={query}
        what="The drives could not be read"
        skeleton={<RowsSkeleton rows={8} />}
        isEmpty={({ total }) => total === 0 && !isNarrowed(search)}
        empty={
          <EmptyState title="No drives seen yet">
            Unity lists the drives of every server at each collection, and reads their health every
            six hours where smartmontools is installed.
          </EmptyState>
        }
      >
        {({ items, total, page }) => (
          <DataTable
            label="Drives"
            noun="drive"
            rows={items}
            columns={COLUMNS}
            rowId={(device) => device.id}
            filters={FILTERS}
            search={search}
            onSearch={change}
            onOpen={(device) =>
              void navigate({ to: '/storage/devices/$deviceId', params: { deviceId: device.id } })
            }
            paging={{ page, total, pageCount: Math.ceil(total / PER_PAGE) }}
          />
        )}
      </Faces>
    </Page>
  );
}
