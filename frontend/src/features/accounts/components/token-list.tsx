import { Button, Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { ConfirmDialog } from '@/components/confirm-dialog';
import type { Column } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import type { TableState } from '@/lib/search';
import { useRevokeToken, type Token } from '../api';

interface TokenListProps {
  query: UseQueryResult<Token[]>;
  hasOwner?: boolean;
  search?: TableState;
  onSearch?: (change: Partial<TableState>) => void;
  /** The button that makes one. */
  action?: ReactNode;
}

function isOver(token: Token): boolean {
  return token.expires_at !== null && Date.parse(token.expires_at) < Date.now();
}

const OWNER: Column<Token> = {
  id: 'owner',
  header: 'Owner',
  width: '110px',
  text: (token) => token.owner,
  sortBy: (token) => token.owner,
  cell: (token) => token.owner,
};

const COLUMNS: Column<Token>[] = [
  {
    id: 'status',
    header: 'Status',
    width: '100px',
    hideBelow: 'sm',
    sortBy: (token) => Number(isOver(token)),
    cell: (token) =>
      isOver(token) ? (
        <StatusBadge state="unknown">expired</StatusBadge>
      ) : (
        <StatusBadge state="ok">valid</StatusBadge>
      ),
  },
  {
    id: 'name',
    header: 'Name',
    text: (token) => token.name,
    sortBy: (token) => token.name,
    cell: (token) => token.name,
  },
  {
    id: 'scopes',
    header: 'May',
    hideBelow: 'md',
    text: (token) => token.scopes.join(', '),
    cell: (token) => (
      <Text span size="xs">
        {token.scopes.join(', ')}
      </Text>
    ),
  },
  {
    id: 'used',
    header: 'Last used',
    width: '110px',
    hideBelow: 'sm',
    sortBy: (token) => token.last_used_at,
    cell: (token) => <RelativeTime at={token.last_used_at} never="never" />,
  },
  {
    id: 'expires',
    header: 'Expires',
    width: '100px',
    sortBy: (token) => token.expires_at,
    cell: (token) => <RelativeTime at={token.expires_at} never="never" />,
  },
];

/** Tokens without their secrets; each can be revoked, after a question. */
export function TokenList({ query, hasOwner, search = {}, onSearch, action }: TokenListProps) {
  const [chosen, setChosen] = useState<Token | null>(null);
  const revoke = useRevokeToken();
  const close = () => {
    setChosen(null);
    revoke.reset();
  };
  const button: Column<Token> = {
    id: 'revoke',
    header: 'Action',
    width: '88px',
    align: 'right',
    cell: (token) => (
      <Button
        size="compact-xs"
        variant="default"
        onClick={() => setChosen(token)}
        aria-label={`Revoke ${token.name}`}
      >
        Revoke
      </Button>
    ),
  };
  const columns = [...COLUMNS, ...(hasOwner ? [OWNER] : []), button].map((column) =>
    // Without an address to keep them in, there is no filter and no sorting.
    onSearch ? column : { ...column, text: undefined, sortBy: undefined },
  );
  return (
    <>
      <Faces
        query={query}
        what="The tokens could not be read"
        skeleton={<RowsSkeleton rows={3} />}
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState title="No tokens" action={action}>
            A token lets a program use the API, such as Prometheus or a script, with no more rights
            than it needs.
          </EmptyState>
        }
      >
        {(list) => (
          <DataTable
            label="Tokens"
            noun="token"
            rows={list}
            columns={columns}
            rowId={(token) => token.id}
            search={search}
            onSearch={onSearch ?? (() => undefined)}
          />
        )}
      </Faces>
      <ConfirmDialog
        isOpen={chosen !== null}
        onClose={close}
        title={`Revoke the token ${chosen?.name ?? ''}?`}
        confirmLabel="Revoke"
        isDangerous
        isBusy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => chosen && revoke.mutate(chosen.id, { onSuccess: close })}
      >
        Programs that use it are refused from their next request on. It cannot be brought back.
      </ConfirmDialog>
    </>
  );
}
