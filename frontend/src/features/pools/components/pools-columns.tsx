import { Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Column } from '@/components/data-table/columns';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { formatBytes, formatPercent } from '@/lib/format';
import { KINDS, LEVEL_WORDS, stateOf, type Pool } from '../api';

const share = (percent: number | null) => formatPercent(percent === null ? null : percent / 100);

/** What runs on the pool and how far it is, in a few words. */
export function activityOf({ activity, activity_percent: percent }: Pool): string {
  if (!activity) return '';
  return percent === null ? activity : `${activity} ${share(percent)}`;
}

/** Why it is not well, or what runs. */
export function reasonOf(pool: Pool): string {
  if (pool.missing_since) return 'Its machine does not show it any more.';
  return pool.reasons[0]?.message ?? activityOf(pool);
}

// Columns with `sortBy` are those that the server can sort by; it does the sorting itself.
export const COLUMNS: Column<Pool>[] = [
  {
    id: 'level',
    header: 'Verdict',
    width: '112px',
    sortBy: (pool) => pool.level,
    cell: (pool) => (
      <StatusBadge state={stateOf(pool.level)} reason={reasonOf(pool)}>
        {LEVEL_WORDS[pool.level] ?? pool.level}
      </StatusBadge>
    ),
  },
  {
    id: 'name',
    header: 'Name',
    width: 'clamp(110px, 18%, 220px)',
    sortBy: (pool) => pool.name,
    text: (pool) => pool.name,
    cell: (pool) => (
      <Link to="/storage/pools/$poolId" params={{ poolId: pool.id }} tabIndex={-1}>
        {pool.name}
      </Link>
    ),
  },
  {
    id: 'server',
    header: 'Server',
    width: 'clamp(90px, 16%, 180px)',
    sortBy: (pool) => pool.server_name,
    cell: (pool) => (
      <Link to="/servers/$serverId" params={{ serverId: pool.server_id }} tabIndex={-1}>
        {pool.server_name}
      </Link>
    ),
  },
  {
    id: 'kind',
    header: 'Kind',
    hideBelow: 'md',
    width: '150px',
    sortBy: (pool) => pool.kind,
    cell: (pool) => `${KINDS[pool.kind]} ${pool.layout}`,
  },
  {
    id: 'why',
    header: 'Why',
    hideBelow: 'md',
    cell: (pool) => (
      <Tooltip label={[reasonOf(pool), pool.reasons[0]?.fix].filter(Boolean).join(' ')}>
        <span>{reasonOf(pool)}</span>
      </Tooltip>
    ),
  },
  {
    id: 'used',
    header: 'Used',
    align: 'right',
    width: '72px',
    sortBy: (pool) => pool.used_percent,
    cell: (pool) => share(pool.used_percent),
  },
  {
    id: 'size',
    header: 'Size',
    align: 'right',
    width: '92px',
    hideBelow: 'sm',
    sortBy: (pool) => pool.size_bytes,
    cell: (pool) => formatBytes(pool.size_bytes),
  },
  {
    id: 'last_scrub_at',
    header: 'Scrubbed',
    align: 'right',
    width: '110px',
    hideBelow: 'lg',
    sortBy: (pool) => pool.last_scrub_at,
    cell: (pool) => <RelativeTime at={pool.last_scrub_at} />,
  },
];
