import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '@/api/session';
import type { Column } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import { loginsQuery, type Login } from '../api';
import { StoreLoginDialog } from './login-dialogs';

const COLUMNS: Column<Login>[] = [
  {
    id: 'name',
    header: 'Name',
    text: (login) => login.name,
    sortBy: (login) => login.name,
    cell: (login) => (
      <Link to="/credentials/logins/$loginId" params={{ loginId: login.id }}>
        {login.name}
      </Link>
    ),
  },
  {
    id: 'username',
    header: 'User name',
    text: (login) => login.username,
    sortBy: (login) => login.username,
    cell: (login) => login.username,
    hideBelow: 'sm',
  },
  {
    id: 'servers',
    header: 'Servers',
    align: 'right',
    width: '90px',
    sortBy: (login) => login.servers,
    cell: (login) => login.servers,
  },
  {
    id: 'created_at',
    header: 'Made',
    width: '110px',
    hideBelow: 'sm',
    sortBy: (login) => login.created_at,
    cell: (login) => <RelativeTime at={login.created_at} />,
  },
];

export function LoginsPage() {
  const query = useQuery(loginsQuery);
  const [search, change] = useSearchState<TableState>();
  const [isAdding, setIsAdding] = useState(false);
  const mayAdd = useMay('credentials:manage');
  const navigate = useNavigate();
  const show = (login: Login) =>
    void navigate({ to: '/credentials/logins/$loginId', params: { loginId: login.id } });
  const button = mayAdd && <Button onClick={() => setIsAdding(true)}>Store a login</Button>;
  return (
    <Page
      title="Logins"
      subtitle="User names with their passwords, stored encrypted and never shown."
      actions={button}
    >
      <Faces
        query={query}
        what="The logins could not be read"
        skeleton={<RowsSkeleton />}
        isEmpty={(logins) => logins.length === 0}
        empty={
          <EmptyState title="No logins yet" action={button}>
            A login is a user name with its password, for machines that cannot take a key and for
            sudo. There is none, because none was stored.
          </EmptyState>
        }
      >
        {(logins) => (
          <DataTable
            label="Logins"
            noun="login"
            rows={logins}
            columns={COLUMNS}
            rowId={(login) => login.id}
            search={search}
            onSearch={change}
            onOpen={show}
          />
        )}
      </Faces>
      {isAdding && <StoreLoginDialog onClose={() => setIsAdding(false)} onMade={show} />}
    </Page>
  );
}
