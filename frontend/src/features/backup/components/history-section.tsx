import { Button, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { toProblem } from '@/api/problem';
import type { Column } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { formatBytes, formatDuration, NOT_KNOWN } from '@/lib/format';
import { backupsQuery, drillsQuery, useDownload, type Backup, type Drill } from '../api';

const WORDS = { running: 'running', succeeded: 'verified', failed: 'failed' } as const;
const STATES = { running: 'unknown', succeeded: 'ok', failed: 'critical' } as const;

function seconds(from: string, to: string | null): number | null {
  return to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000;
}

function Download({ backup }: { backup: Backup }) {
  const download = useDownload();
  const isThere =
    backup.state === 'succeeded' && backup.deleted_at === null && backup.destination_id !== null;
  if (!isThere) return null;
  const start = () =>
    download.mutate(backup, {
      onError: (error) =>
        notifications.show({
          title: 'The archive was not fetched',
          message: toProblem(error).message,
          color: 'red.9',
        }),
    });
  return (
    <Button
      size="compact-xs"
      variant="default"
      onClick={start}
      loading={download.isPending}
      aria-label={`Download ${backup.file_name} from ${backup.destination_name}`}
    >
      Download
    </Button>
  );
}

const BACKUPS: Column<Backup>[] = [
  {
    id: 'state',
    header: 'State',
    width: '110px',
    cell: ({ state, error }) => (
      <StatusBadge state={STATES[state]} reason={error}>
        {WORDS[state]}
      </StatusBadge>
    ),
  },
  {
    id: 'destination',
    header: 'Destination',
    cell: ({ destination_name, file_name, error }) => (
      <Text span truncate title={error || file_name}>
        {destination_name}
        {error && (
          <Text span size="sm" c="dimmed">
            {' '}
            {error}
          </Text>
        )}
      </Text>
    ),
  },
  {
    id: 'started',
    header: 'Made',
    width: '110px',
    cell: ({ started_at }) => <RelativeTime at={started_at} />,
  },
  {
    id: 'took',
    header: 'Took',
    width: '90px',
    align: 'right',
    hideBelow: 'md',
    cell: ({ started_at, finished_at }) => formatDuration(seconds(started_at, finished_at)),
  },
  {
    id: 'size',
    header: 'Size',
    width: '90px',
    align: 'right',
    hideBelow: 'sm',
    cell: ({ size_bytes }) => formatBytes(size_bytes),
  },
  {
    id: 'verified',
    header: 'Read back',
    width: '110px',
    hideBelow: 'md',
    cell: ({ verified_at, deleted_at }) =>
      deleted_at === null ? <RelativeTime at={verified_at} /> : 'thinned out',
  },
  {
    id: 'download',
    header: 'Action',
    width: '116px',
    align: 'right',
    hideBelow: 'sm',
    cell: (backup) => <Download backup={backup} />,
  },
];

export function BackupsSection() {
  const backups = useQuery(backupsQuery);
  return (
    <Section title="Backups">
      <Faces
        query={backups}
        what="The backups could not be read"
        skeleton={<RowsSkeleton rows={4} />}
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState title="No backup was made yet">
            The first one is made at the next scheduled time, or by “Back up now”.
          </EmptyState>
        }
      >
        {(list) => (
          <DataTable
            label="Backups"
            noun="backup"
            rows={list}
            columns={BACKUPS}
            rowId={({ id }) => id}
            search={{}}
            onSearch={() => undefined}
          />
        )}
      </Faces>
    </Section>
  );
}

const DRILLS: Column<Drill>[] = [
  {
    id: 'state',
    header: 'State',
    width: '110px',
    cell: ({ state, reason }) => (
      <StatusBadge state={state === 'green' ? 'ok' : 'critical'} reason={reason}>
        {state}
      </StatusBadge>
    ),
  },
  {
    id: 'destination',
    header: 'Destination',
    cell: ({ destination_name, file_name, reason }) => (
      <Text span truncate title={reason || file_name}>
        {destination_name}
        {reason && (
          <Text span size="sm" c="dimmed">
            {' '}
            {reason}
          </Text>
        )}
      </Text>
    ),
  },
  {
    id: 'when',
    header: 'Tried',
    width: '110px',
    cell: ({ finished_at }) => <RelativeTime at={finished_at} />,
  },
  {
    id: 'took',
    header: 'Took',
    width: '90px',
    align: 'right',
    hideBelow: 'md',
    cell: ({ started_at, finished_at }) => formatDuration(seconds(started_at, finished_at)),
  },
  {
    id: 'rows',
    header: 'Restored',
    width: '180px',
    align: 'right',
    hideBelow: 'sm',
    cell: ({ rows, tables }) => (tables === 0 ? NOT_KNOWN : `${rows} rows, ${tables} tables`),
  },
];

export function DrillsSection() {
  const drills = useQuery(drillsQuery);
  return (
    <Section title="Restore drills">
      <Faces
        query={drills}
        what="The drills could not be read"
        skeleton={<RowsSkeleton rows={2} />}
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState title="Never tried to restore">
            A drill restores the newest backup into a scratch place, decrypts a secret there with
            the archived key, and compares every table.
          </EmptyState>
        }
      >
        {(list) => (
          <DataTable
            label="Restore drills"
            noun="drill"
            rows={list}
            columns={DRILLS}
            rowId={({ id }) => id}
            search={{}}
            onSearch={() => undefined}
          />
        )}
      </Faces>
    </Section>
  );
}
