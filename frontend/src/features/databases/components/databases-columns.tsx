import { Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Column } from '@/components/data-table/columns';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { formatBytes } from '@/lib/format';
import { KINDS, STATE_WORDS, stateOf, written, type Database } from '../api';
import classes from './databases.module.css';

/** Why it is not well; of a silent server, that this is what was last seen. */
export function reasonOf(database: Database): string {
  if (database.server_status === 'offline')
    return `Its server does not answer; this is what was last seen. ${database.reason}`.trim();
  return database.reason;
}

// Columns with `sortBy` are those that the server can sort by; it does the sorting itself.
export const COLUMNS: Column<Database>[] = [
  {
    id: 'state',
    header: 'State',
    width: '136px',
    sortBy: (database) => database.state,
    cell: (database) => (
      <StatusBadge state={stateOf(database.state)} reason={reasonOf(database)}>
        {STATE_WORDS[database.state]}
      </StatusBadge>
    ),
  },
  {
    id: 'name',
    header: 'Database',
    width: 'clamp(130px, 20%, 260px)',
    sortBy: (database) => database.name,
    text: (database) => database.name,
    cell: (database) => (
      <Link
        to="/databases/$databaseId"
        params={{ databaseId: database.id }}
        tabIndex={-1}
        className={classes.name}
      >
        {database.name}
      </Link>
    ),
  },
  {
    id: 'server',
    header: 'Server',
    width: 'clamp(90px, 14%, 180px)',
    sortBy: (database) => database.server_name,
    cell: (database) => (
      <Link to="/servers/$serverId" params={{ serverId: database.server_id }} tabIndex={-1}>
        {database.server_name}
      </Link>
    ),
  },
  {
    id: 'version',
    header: 'Version',
    width: '150px',
    hideBelow: 'md',
    sortBy: (database) => database.version,
    cell: (database) => `${KINDS[database.kind]} ${database.version}`.trim(),
  },
  {
    id: 'why',
    header: 'Why',
    hideBelow: 'md',
    cell: (database) => (
      <Tooltip label={[reasonOf(database), database.fix].filter(Boolean).join(' ')}>
        <span>{reasonOf(database) || database.role}</span>
      </Tooltip>
    ),
  },
  {
    id: 'connections',
    header: 'Connections',
    align: 'right',
    width: '112px',
    hideBelow: 'lg',
    sortBy: (database) => database.connections_percent,
    cell: (database) => written(database.connections_percent, 'percent'),
  },
  {
    id: 'lag',
    header: 'Behind',
    align: 'right',
    width: '88px',
    hideBelow: 'lg',
    sortBy: (database) => database.lag_seconds,
    cell: (database) => written(database.lag_seconds, 's'),
  },
  {
    id: 'size',
    header: 'Size',
    align: 'right',
    width: '92px',
    hideBelow: 'sm',
    sortBy: (database) => database.size_bytes,
    cell: (database) => formatBytes(database.size_bytes),
  },
  {
    id: 'last_read_at',
    header: 'Read',
    align: 'right',
    width: '110px',
    hideBelow: 'lg',
    sortBy: (database) => database.last_read_at,
    cell: (database) => <RelativeTime at={database.last_read_at} />,
  },
];
