import { Text, Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ServerTile } from '@/api/overview';
import type { Column } from '@/components/data-table/columns';
import { RelativeTime } from '@/components/relative-time';
import { ServerStatusBadge } from '@/components/server-status';
import { Sparkline } from '@/components/sparkline';
import { formatPercent } from '@/lib/format';
import type { Server } from '../api';
import { LabelEditor } from './label-editor';
import classes from './servers.module.css';

/** A server of the list with what the overview knows of it. */
export interface ServerRow extends Server {
  tile: ServerTile | undefined;
}

const share = (percent: number | null | undefined) =>
  formatPercent(percent == null ? null : percent / 100);

const wordsOf = ({ groups, tags }: Server) => [...groups, ...tags];

// Columns with `sortBy` are those that the server can sort by; it does the sorting itself.
export const COLUMNS: Column<ServerRow>[] = [
  {
    id: 'status',
    header: 'Status',
    width: '112px',
    sortBy: (row) => row.status,
    cell: (row) => <ServerStatusBadge status={row.status} reason={row.reason} />,
  },
  {
    id: 'name',
    header: 'Name',
    width: 'clamp(120px, 22%, 260px)',
    sortBy: (row) => row.name,
    text: (row) => row.name,
    cell: (row) => (
      <Link to="/servers/$serverId" params={{ serverId: row.id }} tabIndex={-1}>
        {row.name}
      </Link>
    ),
  },
  {
    id: 'reason',
    header: 'Why',
    hideBelow: 'md',
    cell: (row) =>
      row.status === 'online' ? (
        <Text span size="sm" c="dimmed">
          {row.tile?.os_name ?? ''}
        </Text>
      ) : (
        <Tooltip label={[row.reason, row.fix].filter(Boolean).join(' ')}>
          <span>{row.reason}</span>
        </Tooltip>
      ),
  },
  {
    id: 'labels',
    header: 'Tags and groups',
    hideBelow: 'lg',
    width: '180px',
    cell: (row) => (
      <span className={classes.labels}>
        <span className={classes.words} title={wordsOf(row).join(', ')}>
          {wordsOf(row).join(' · ')}
        </span>
        <LabelEditor server={row} />
      </span>
    ),
  },
  {
    id: 'cpu_percent',
    header: 'CPU',
    align: 'right',
    width: '72px',
    sortBy: (row) => row.tile?.cpu_percent,
    cell: (row) => share(row.tile?.cpu_percent),
  },
  {
    id: 'memory_percent',
    header: 'Memory',
    align: 'right',
    width: '80px',
    hideBelow: 'sm',
    sortBy: (row) => row.tile?.memory_percent,
    cell: (row) => share(row.tile?.memory_percent),
  },
  {
    id: 'filesystem_percent',
    header: 'Storage',
    align: 'right',
    width: '80px',
    hideBelow: 'sm',
    sortBy: (row) => row.tile?.filesystem_percent,
    cell: (row) => share(row.tile?.filesystem_percent),
  },
  {
    id: 'trend',
    header: 'CPU, last hour',
    hideBelow: 'sm',
    width: '120px',
    cell: (row) => (
      <Sparkline
        label={`Processor of ${row.name} in the last hour`}
        values={row.tile?.spark.percent ?? []}
        min={0}
        max={100}
      />
    ),
  },
  {
    id: 'last_seen_at',
    header: 'Last seen',
    hideBelow: 'sm',
    width: '104px',
    sortBy: (row) => row.last_seen_at,
    cell: (row) => <RelativeTime at={row.last_seen_at} never="never" />,
  },
];
