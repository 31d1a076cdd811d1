import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page } from '@/components/page';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import { EXPORT_ADDRESS, inventoryQuery, PER_PAGE } from '../api';
import { COLUMNS } from './inventory-columns';

/** What the machines are made of, as one list, and as a table for a spreadsheet. */
export function InventoryPage() {
  const [search, change] = useSearchState<TableState>();
  const query = useQuery(inventoryQuery(search));
  const navigate = useNavigate();
  return (
    <Page
      title="Inventory"
      crumbs={[{ label: 'Servers', link: { to: '/servers' } }]}
      subtitle="What your machines are made of, as they say themselves."
      actions={
        <Button component="a" href={EXPORT_ADDRESS} download variant="default">
          Export as CSV
        </Button>
      }
    >
      <Faces
        query={query}
        what="The inventory could not be read"
        skeleton={<RowsSkeleton rows={8} />}
        isEmpty={({ total }) => total === 0 && !search.q}
        empty={
          <EmptyState title="No servers yet">
            Add a server, and what it is made of stands here after its first slow collection.
          </EmptyState>
        }
      >
        {({ items, total, page }) => (
          <DataTable
            label="Inventory"
            noun="server"
            rows={items}
            columns={COLUMNS}
            rowId={(row) => row.server_id}
            search={search}
            onSearch={change}
            onOpen={(row) =>
              void navigate({ to: '/servers/$serverId', params: { serverId: row.server_id } })
            }
            paging={{ page, total, pageCount: Math.ceil(total / PER_PAGE) }}
          />
        )}
      </Faces>
    </Page>
  );
}
