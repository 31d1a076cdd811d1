import { Link } from '@tanstack/react-router';
import type { Column } from '@/components/data-table/columns';
import { formatBytes, NOT_KNOWN, plural } from '@/lib/format';
import type { Machine } from '../api';

const known = (...words: string[]) => words.filter(Boolean).join(' ') || NOT_KNOWN;

/** "8 cores, 16 threads" as far as it is known. */
export function coresOf({ cores, threads }: Pick<Machine, 'cores' | 'threads'>): string {
  const parts = [
    cores === null ? '' : plural(cores, 'core'),
    threads === null ? '' : plural(threads, 'thread'),
  ];
  return parts.filter(Boolean).join(', ') || NOT_KNOWN;
}

// Columns with `sortBy` are those that the server can sort by; it does the sorting itself.
export const COLUMNS: Column<Machine>[] = [
  {
    id: 'name',
    header: 'Server',
    width: 'clamp(110px, 16%, 200px)',
    sortBy: (row) => row.name,
    text: (row) => row.name,
    cell: (row) => (
      <Link to="/servers/$serverId" params={{ serverId: row.server_id }} tabIndex={-1}>
        {row.name}
      </Link>
    ),
  },
  {
    id: 'machine',
    header: 'Machine',
    hideBelow: 'md',
    cell: (row) =>
      known(row.vendor, row.model) +
      (row.virtualisation && row.virtualisation !== 'none' ? ` (${row.virtualisation})` : ''),
  },
  { id: 'processor', header: 'Processor', hideBelow: 'sm', cell: (row) => known(row.processor) },
  { id: 'cores', header: 'Cores', width: '160px', hideBelow: 'md', cell: coresOf },
  {
    id: 'memory',
    header: 'Memory',
    width: '96px',
    align: 'right',
    cell: (row) => formatBytes(row.memory_bytes),
  },
  {
    id: 'drives',
    header: 'Drives',
    width: '128px',
    align: 'right',
    cell: (row) =>
      row.drives === 0 ? NOT_KNOWN : `${row.drives}, ${formatBytes(row.drive_bytes)}`,
  },
  { id: 'os', header: 'System', hideBelow: 'lg', cell: (row) => known(row.os) },
  { id: 'kernel', header: 'Kernel', hideBelow: 'lg', cell: (row) => known(row.kernel) },
];
