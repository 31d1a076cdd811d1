import { Button, Group } from '@mantine/core';
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
import { keysQuery, type SSHKey } from '../api';
import classes from './credentials.module.css';
import { GenerateKeyDialog } from './generate-key-dialog';
import { ImportKeyDialog } from './import-key-dialog';

const COLUMNS: Column<SSHKey>[] = [
  {
    id: 'name',
    header: 'Name',
    text: (key) => key.name,
    sortBy: (key) => key.name,
    cell: (key) => (
      <Link to="/credentials/ssh-keys/$keyId" params={{ keyId: key.id }}>
        {key.name}
      </Link>
    ),
  },
  {
    id: 'servers',
    header: 'Servers',
    align: 'right',
    width: '90px',
    sortBy: (key) => key.servers,
    cell: (key) => key.servers,
  },
  {
    id: 'algorithm',
    header: 'Kind',
    width: '190px',
    hideBelow: 'md',
    sortBy: (key) => key.algorithm,
    cell: (key) => key.algorithm,
  },
  {
    id: 'fingerprint',
    header: 'Fingerprint',
    hideBelow: 'md',
    text: (key) => key.fingerprint,
    cell: (key) => (
      <span className={classes.code} title={key.fingerprint}>
        {key.fingerprint}
      </span>
    ),
  },
  {
    id: 'created_at',
    header: 'Made',
    width: '110px',
    hideBelow: 'sm',
    sortBy: (key) => key.created_at,
    cell: (key) => <RelativeTime at={key.created_at} />,
  },
];

export function KeysPage() {
  const query = useQuery(keysQuery);
  const [search, change] = useSearchState<TableState>();
  const [open, setOpen] = useState<'generate' | 'import' | null>(null);
  const mayAdd = useMay('credentials:manage');
  const navigate = useNavigate();
  const show = (key: SSHKey) =>
    void navigate({ to: '/credentials/ssh-keys/$keyId', params: { keyId: key.id } });
  const buttons = mayAdd && (
    <Group gap="xs">
      <Button variant="default" onClick={() => setOpen('import')}>
        Import
      </Button>
      <Button onClick={() => setOpen('generate')}>Generate a key</Button>
    </Group>
  );
  return (
    <Page
      title="SSH keys"
      subtitle="What Unity logs in with. Private halves are stored encrypted and never shown."
      actions={buttons}
    >
      <Faces
        query={query}
        what="The keys could not be read"
        skeleton={<RowsSkeleton />}
        isEmpty={(keys) => keys.length === 0}
        empty={
          <EmptyState
            title="No SSH keys yet"
            action={mayAdd && <Button onClick={() => setOpen('generate')}>Generate a key</Button>}
          >
            With a key, no password of a machine is kept. There is none, because none was generated
            or imported; adding a server makes one, too.
          </EmptyState>
        }
      >
        {(keys) => (
          <DataTable
            label="SSH keys"
            noun="key"
            rows={keys}
            columns={COLUMNS}
            rowId={(key) => key.id}
            search={search}
            onSearch={change}
            onOpen={show}
          />
        )}
      </Faces>
      {open === 'generate' && <GenerateKeyDialog onClose={() => setOpen(null)} onMade={show} />}
      {open === 'import' && <ImportKeyDialog onClose={() => setOpen(null)} onMade={show} />}
    </Page>
  );
}
