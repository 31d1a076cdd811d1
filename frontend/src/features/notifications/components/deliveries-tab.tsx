import { UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Column, Filter } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { RelativeTime } from '@/components/relative-time';
import { SavedViews } from '@/components/saved-views';
import { StatusBadge } from '@/components/status-badge';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import { channelNamesQuery, deliveriesQuery, DELIVERIES_PER_PAGE, type Delivery } from '../api';
import { DELIVERY_STATES } from '../delivery-states';
import { DeliveryDialog } from './delivery-dialog';

// The server sorts, so `sortBy` only says that a column can be sorted.
const sortable = () => null;

function columns(open: (id: string) => void): Column<Delivery>[] {
  return [
    {
      id: 'state',
      header: 'State',
      width: '120px',
      sortBy: sortable,
      cell: ({ state, reason }) => (
        <StatusBadge state={DELIVERY_STATES[state].state} reason={reason || null}>
          {DELIVERY_STATES[state].word}
        </StatusBadge>
      ),
    },
    {
      id: 'title',
      header: 'Message',
      sortBy: sortable,
      text: ({ title }) => title,
      cell: ({ id, title }) => (
        <UnstyledButton c="var(--mantine-color-anchor)" fz="sm" onClick={() => open(id)}>
          {title}
        </UnstyledButton>
      ),
    },
    {
      id: 'channel_name',
      header: 'Channel',
      width: '160px',
      hideBelow: 'sm',
      sortBy: sortable,
      cell: ({ channel_name, is_fallback }) =>
        is_fallback ? `${channel_name} (stands in)` : channel_name,
    },
    {
      id: 'attempts',
      header: 'Attempts',
      width: '90px',
      align: 'right',
      hideBelow: 'sm',
      cell: ({ attempts }) => attempts,
    },
    {
      id: 'made_at',
      header: 'When',
      width: '110px',
      sortBy: sortable,
      cell: ({ made_at }) => <RelativeTime at={made_at} />,
    },
  ];
}

/** Every message to every channel, and what became of it. */
export function DeliveriesTab() {
  const [search, change] = useSearchState<TableState>();
  // The tab and the open delivery are no part of what the list asks for.
  const { delivery, ...rest } = search;
  const asked = { ...rest, tab: undefined };
  const page = useQuery(deliveriesQuery(asked));
  const channels = useQuery(channelNamesQuery).data ?? [];
  const isFiltered = Object.values(asked).some((value) => value !== undefined);
  const open = (id: string) => change({ delivery: id });
  const filters: Filter<Delivery>[] = [
    {
      id: 'state',
      label: 'Any state',
      options: Object.entries(DELIVERY_STATES).map(([value, { word }]) => ({
        value,
        label: word,
      })),
    },
    {
      id: 'channel',
      label: 'Any channel',
      options: channels.map(({ id, name }) => ({ value: id, label: name })),
    },
  ];
  return (
    <>
      <Faces
        query={page}
        what="The ledger could not be read"
        skeleton={<RowsSkeleton />}
        isEmpty={({ total }) => total === 0 && !isFiltered}
        empty={
          <EmptyState title="Nothing was sent yet">
            Every message stands here, with all attempts to deliver it and what the receiver said.
          </EmptyState>
        }
      >
        {({ items, total, page: number }) => (
          <DataTable
            label="Deliveries"
            noun="delivery"
            nouns="deliveries"
            actions={<SavedViews page="notifications" />}
            rows={items}
            columns={columns(open)}
            rowId={({ id }) => id}
            filters={filters}
            search={asked}
            onSearch={change}
            onOpen={({ id }) => open(id)}
            paging={{
              page: number,
              pageCount: Math.max(1, Math.ceil(total / DELIVERIES_PER_PAGE)),
              total,
            }}
          />
        )}
      </Faces>
      {typeof delivery === 'string' && (
        <DeliveryDialog id={delivery} onClose={() => change({ delivery: undefined })} />
      )}
    </>
  );
}
