import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '@/api/session';
import type { Column, Filter } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import { usersQuery, type User } from '../api';
import { ROLES, stateOf } from '../roles';
import { AddUserDialog } from './add-user-dialog';
import { ServiceAccounts } from './service-accounts';

const COLUMNS: Column<User>[] = [
  {
    id: 'status',
    header: 'Status',
    width: '110px',
    sortBy: (user) => Number(user.is_disabled),
    cell: (user) => {
      const { state, word } = stateOf(user);
      return <StatusBadge state={state}>{word}</StatusBadge>;
    },
  },
  {
    id: 'name',
    header: 'Name',
    text: (user) => user.name,
    sortBy: (user) => user.name,
    cell: (user) => (
      <Link to="/system/users/$userId" params={{ userId: user.id }}>
        {user.name}
      </Link>
    ),
  },
  {
    id: 'full_name',
    header: 'Full name',
    hideBelow: 'sm',
    text: (user) => user.full_name,
    sortBy: (user) => user.full_name,
    cell: (user) => user.full_name,
  },
  {
    id: 'role',
    header: 'Role',
    width: '100px',
    text: (user) => user.role,
    sortBy: (user) => user.role,
    cell: (user) => user.role,
  },
  {
    id: 'second_factor',
    header: 'Second factor',
    width: '130px',
    hideBelow: 'sm',
    sortBy: (user) => Number(user.has_second_factor),
    cell: (user) => (user.has_second_factor ? 'set up' : 'none'),
  },
  {
    id: 'seen',
    header: 'Last login',
    width: '120px',
    align: 'right',
    hideBelow: 'sm',
    sortBy: (user) => user.last_login_at,
    cell: (user) => <RelativeTime at={user.last_login_at} never="never" />,
  },
];

const FILTERS: Filter<User>[] = [
  {
    id: 'role',
    label: 'Role',
    options: ROLES.map(({ value, label }) => ({ value, label })),
    match: (user, value) => user.role === value,
  },
  {
    id: 'status',
    label: 'Status',
    options: [
      { value: 'active', label: 'active' },
      { value: 'disabled', label: 'disabled' },
    ],
    match: (user, value) => stateOf(user).word === value,
  },
];

export function UsersPage() {
  const users = useQuery(usersQuery);
  const [search, change] = useSearchState<TableState>();
  const [isAdding, setIsAdding] = useState(false);
  const may = useMay('users:manage');
  const navigate = useNavigate();
  const open = (user: User) =>
    void navigate({ to: '/system/users/$userId', params: { userId: user.id } });
  const add = may && <Button onClick={() => setIsAdding(true)}>Add a user</Button>;
  return (
    <Page
      title="Users"
      crumbs={[{ label: 'System', link: { to: '/system' } }]}
      subtitle="Who may log in, and what they may do."
      actions={add}
    >
      <Faces
        query={users}
        what="The users could not be read"
        skeleton={<RowsSkeleton />}
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState title="No users" action={add}>
            Everybody who logs in has an account of their own.
          </EmptyState>
        }
      >
        {(list) => (
          <DataTable
            label="Users"
            noun="user"
            rows={list}
            columns={COLUMNS}
            filters={FILTERS}
            rowId={(user) => user.id}
            search={search}
            onSearch={change}
            onOpen={open}
          />
        )}
      </Faces>
      {users.data && <ServiceAccounts mayManage={may} />}
      <AddUserDialog isOpen={isAdding} onClose={() => setIsAdding(false)} />
    </Page>
  );
}
