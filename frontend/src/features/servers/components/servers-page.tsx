import { Anchor, Button, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { overviewQuery } from '@/api/overview';
import { useMay } from '@/api/session';
import type { Filter } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page } from '@/components/page';
import { SavedViews } from '@/components/saved-views';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import { groupsQuery, PER_PAGE, serversQuery, tagsQuery } from '../api';
import { BulkActions } from './bulk-actions';
import { COLUMNS, type ServerRow } from './servers-columns';

const STATUSES = ['online', 'degraded', 'offline', 'unknown', 'disabled'];
const same = (value: string) => ({ value, label: value });

function useFilters(): Filter<ServerRow>[] {
  const tags = useQuery(tagsQuery).data ?? [];
  const groups = useQuery(groupsQuery).data ?? [];
  const filters = [
    { id: 'status', label: 'Status', options: STATUSES.map(same) },
    { id: 'group', label: 'Group', options: groups.map(({ name }) => same(name)) },
    { id: 'tag', label: 'Tag', options: tags.map(({ tag }) => same(tag)) },
  ];
  return filters.filter(({ options }) => options.length > 0);
}

function useRows(search: TableState) {
  const query = useQuery(serversQuery(search));
  const tiles = useQuery(overviewQuery).data?.servers ?? [];
  const byId = new Map(tiles.map((tile) => [tile.id, tile]));
  const rows: ServerRow[] = (query.data?.items ?? []).map((server) => ({
    ...server,
    tile: byId.get(server.id),
  }));
  return { query, rows };
}

function AddServer() {
  if (!useMay('servers:manage')) return null;
  return (
    <Button renderRoot={(props) => <Link to="/servers/add" {...props} />}>Add a server</Button>
  );
}

/** Where people look for a comparison and for what their machines are made of: beside the list. */
function Beside() {
  const mayExplore = useMay('metrics:read');
  return (
    <Group gap="md">
      {mayExplore && (
        <Anchor
          size="sm"
          renderRoot={(props) => <Link to="/explore" search={COMPARED} {...props} />}
        >
          Compare servers
        </Anchor>
      )}
      <Anchor size="sm" renderRoot={(props) => <Link to="/servers/inventory" {...props} />}>
        Inventory and CSV
      </Anchor>
    </Group>
  );
}

const COMPARED = { metric: 'node_load1' };
const isNarrowed = ({ q, status, tag, group }: TableState) => Boolean(q ?? status ?? tag ?? group);

/** All machines that Unity watches; filters, order and page stand in the address. */
export function ServersPage() {
  const [search, change] = useSearchState<TableState>();
  const { query, rows } = useRows(search);
  const filters = useFilters();
  const navigate = useNavigate();
  const mayManage = useMay('servers:manage');
  return (
    <Page
      title="Servers"
      actions={
        <Group gap="md">
          <Beside />
          <AddServer />
        </Group>
      }
    >
      <Faces
        query={query}
        what="The servers could not be read"
        skeleton={<RowsSkeleton rows={12} />}
        isEmpty={({ total }) => total === 0 && !isNarrowed(search)}
        empty={
          <EmptyState title="No servers yet" action={<AddServer />}>
            Unity watches machines over SSH, without an agent. This list is empty because none has
            been added.
          </EmptyState>
        }
      >
        {({ total, page }) => (
          <DataTable
            label="Servers"
            noun="server"
            actions={<SavedViews page="servers" />}
            rows={rows}
            columns={COLUMNS}
            rowId={(row) => row.id}
            filters={filters}
            search={search}
            onSearch={change}
            onOpen={(row) =>
              void navigate({ to: '/servers/$serverId', params: { serverId: row.id } })
            }
            paging={{ page, total, pageCount: Math.ceil(total / PER_PAGE) }}
            bulkActions={
              mayManage
                ? (chosen, clear) => <BulkActions servers={chosen} onDone={clear} />
                : undefined
            }
          />
        )}
      </Faces>
    </Page>
  );
}
