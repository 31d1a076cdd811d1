import { Button, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Column } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page } from '@/components/page';
import { StatusBadge } from '@/components/status-badge';
import { providersQuery, type Provider } from '../api';
import { ProviderForm } from './provider-form';

const COLUMNS: Column<Provider>[] = [
  {
    id: 'status',
    header: 'Status',
    width: '110px',
    cell: ({ is_enabled }) => (
      <StatusBadge state={is_enabled ? 'ok' : 'unknown'}>
        {is_enabled ? 'offered' : 'off'}
      </StatusBadge>
    ),
  },
  {
    id: 'title',
    header: 'Title',
    cell: (provider) => (
      <Link to="/system/sign-on/$providerId" params={{ providerId: provider.id }}>
        {provider.title}
      </Link>
    ),
  },
  {
    id: 'issuer',
    header: 'Issuer',
    hideBelow: 'sm',
    cell: (provider) => provider.issuer,
  },
  {
    id: 'users',
    header: 'Linked users',
    width: '110px',
    align: 'right',
    cell: (provider) => provider.linked_users,
  },
];

interface ProvidersPageProps {
  onOpen: (id: string) => void;
}

export function ProvidersPage({ onOpen }: ProvidersPageProps) {
  const providers = useQuery(providersQuery);
  const [isAdding, setIsAdding] = useState(false);
  const add = <Button onClick={() => setIsAdding(true)}>Add a provider</Button>;
  return (
    <Page
      title="Single sign-on"
      crumbs={[
        { label: 'System', link: { to: '/system' } },
        { label: 'Users', link: { to: '/system/users' } },
      ]}
      subtitle="Servers by which people log in, beside name and password."
      actions={add}
    >
      <Faces
        query={providers}
        what="The providers could not be read"
        skeleton={<RowsSkeleton />}
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState title="No providers" action={add}>
            People log in with name and password. With Authentik, Keycloak, Authelia, Zitadel or any
            other OpenID Connect server they can use the account that they have there.
          </EmptyState>
        }
      >
        {(list) => (
          <DataTable
            label="Providers"
            noun="provider"
            rows={list}
            columns={COLUMNS}
            rowId={(provider) => provider.id}
            search={{}}
            onSearch={() => undefined}
            onOpen={(provider) => onOpen(provider.id)}
          />
        )}
      </Faces>
      <Modal opened={isAdding} onClose={() => setIsAdding(false)} title="Add a provider" size="lg">
        <ProviderForm provider={null} onSaved={onOpen} onCancel={() => setIsAdding(false)} />
      </Modal>
    </Page>
  );
}
