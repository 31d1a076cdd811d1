import { Button, Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { Column } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { RelativeTime } from '@/components/relative-time';
import type { Session } from '../api';

interface SessionListProps {
  query: UseQueryResult<Session[]>;
  onEnd?: ((id: string) => void) | undefined;
  /** The one that is being ended. */
  ending?: string | undefined;
}

const COLUMNS: Column<Session>[] = [
  {
    id: 'device',
    header: 'Device',
    cell: (session) => <span title={session.user_agent}>{session.device}</span>,
  },
  {
    id: 'address',
    header: 'Address',
    width: '150px',
    hideBelow: 'sm',
    cell: (session) => session.address,
  },
  {
    id: 'began',
    header: 'Logged in',
    width: '110px',
    hideBelow: 'sm',
    cell: (session) => <RelativeTime at={session.created_at} />,
  },
  {
    id: 'seen',
    header: 'Last seen',
    width: '110px',
    cell: (session) => <RelativeTime at={session.last_seen_at} />,
  },
];

/** Where an account is logged in; the sessions of this browser are ended by logging out. */
export function SessionList({ query, onEnd, ending }: SessionListProps) {
  const end: Column<Session> = {
    id: 'end',
    header: 'Action',
    width: '72px',
    align: 'right',
    cell: (session) =>
      session.is_current ? (
        <Text span size="xs" c="dimmed">
          this one
        </Text>
      ) : (
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => onEnd?.(session.id)}
          loading={ending === session.id}
          aria-label={`End the session of ${session.device} at ${session.address}`}
        >
          End
        </Button>
      ),
  };
  return (
    <Faces
      query={query}
      what="The sessions could not be read"
      skeleton={<RowsSkeleton rows={2} />}
      isEmpty={(list) => list.length === 0}
      empty={<EmptyState title="Not logged in">There is no open session anywhere.</EmptyState>}
    >
      {(list) => (
        <DataTable
          label="Sessions"
          noun="session"
          rows={list}
          columns={onEnd ? [...COLUMNS, end] : COLUMNS}
          rowId={(session) => session.id}
          search={{}}
          onSearch={() => undefined}
        />
      )}
    </Faces>
  );
}
