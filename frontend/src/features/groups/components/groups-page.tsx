import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '@/api/session';
import type { Column } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page } from '@/components/page';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import { groupsQuery, type Group } from '../api';
import { MakeGroupDialog } from './group-dialog';

const COLUMNS: Column<Group>[] = [
  {
    id: 'name',
    header: 'Name',
    width: 'clamp(140px, 30%, 320px)',
    text: (group) => group.name,
    sortBy: (group) => group.name.toLowerCase(),
    cell: (group) => (
      <Link to="/system/groups/$groupId" params={{ groupId: group.id }}>
        {group.name}
      </Link>
    ),
  },
  {
    id: 'description',
    header: 'What it is for',
    hideBelow: 'sm',
    text: (group) => group.description,
    cell: (group) => <span title={group.description}>{group.description}</span>,
  },
  {
    id: 'count',
    header: 'Holds',
    align: 'right',
    width: '90px',
    sortBy: (group) => group.count,
    cell: (group) => group.count,
  },
];

export function GroupsPage({ onOpen }: { onOpen: (group: Group) => void }) {
  const groups = useQuery(groupsQuery);
  const [search, change] = useSearchState<TableState>();
  const [isMaking, setIsMaking] = useState(false);
  const make = useMay('resources:manage') && (
    <Button onClick={() => setIsMaking(true)}>Make a group</Button>
  );
  return (
    <Page
      title="Groups"
      crumbs={[{ label: 'System', link: { to: '/system' } }]}
      subtitle="What belongs together: for lists, alert rules, routes, and rights in one group only."
      actions={make}
    >
      <Faces
        query={groups}
        what="The groups could not be read"
        skeleton={<RowsSkeleton />}
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState title="No groups yet" action={make}>
            A group holds servers, keys and logins. People can have a role for one group alone, and
            rules and notifications can be for it.
          </EmptyState>
        }
      >
        {(list) => (
          <DataTable
            label="Groups"
            noun="group"
            rows={list}
            columns={COLUMNS}
            rowId={(group) => group.id}
            search={search}
            onSearch={change}
            onOpen={onOpen}
          />
        )}
      </Faces>
      {isMaking && (
        <MakeGroupDialog
          onClose={() => setIsMaking(false)}
          onMade={(group) => {
            setIsMaking(false);
            onOpen(group);
          }}
        />
      )}
    </Page>
  );
}
