import { Anchor } from '@mantine/core';
import type { Column, Filter } from '@/components/data-table/columns';
import { RelativeTime } from '@/components/relative-time';
import { Sparkline } from '@/components/sparkline';
import { StatusBadge } from '@/components/status-badge';
import { formatPercent } from '@/lib/format';
import { STATES, type State } from '@/lib/states';

export const NOW = Math.floor(Date.now() / 1000);
export const times = Array.from({ length: 360 }, (_, i) => NOW - 3600 + i * 10);

/** A wave with a hole in it. */
export function gapped(middle: number, swing: number): (number | null)[] {
  return times.map((_, i) =>
    i > 120 && i < 150 ? null : middle + swing * Math.sin(i / 20) * Math.cos(i / 7),
  );
}

interface Machine {
  name: string;
  state: State;
  cpu: number;
  seen: number;
}

export const machines: Machine[] = Array.from({ length: 1000 }, (_, i) => ({
  name: `machine-${i + 1}.home.example`,
  state: STATES[i % 4] ?? 'ok',
  cpu: ((i * 37) % 100) / 100,
  seen: NOW - i * 7,
}));

export const FILTERS: Filter<Machine>[] = [
  {
    id: 'status',
    label: 'Status',
    options: STATES.map((value) => ({ value, label: value })),
    match: (row, value) => row.state === value,
  },
];

export const COLUMNS: Column<Machine>[] = [
  {
    id: 'status',
    header: 'Status',
    width: '120px',
    sortBy: (row) => STATES.indexOf(row.state),
    cell: (row) => <StatusBadge state={row.state} />,
  },
  {
    id: 'name',
    header: 'Name',
    text: (row) => row.name,
    sortBy: (row) => row.name,
    cell: (row) => <Anchor href="#/">{row.name}</Anchor>,
  },
  {
    id: 'cpu',
    header: 'CPU',
    align: 'right',
    width: '80px',
    sortBy: (row) => row.cpu,
    cell: (row) => formatPercent(row.cpu),
  },
  {
    id: 'trend',
    header: 'Last hour',
    hideBelow: 'sm',
    width: '140px',
    cell: (row) => (
      <Sparkline
        label={`CPU of ${row.name}`}
        values={[row.cpu, 0.2, null, 0.4, 0.1]}
        min={0}
        max={1}
      />
    ),
  },
  {
    id: 'seen',
    header: 'Seen',
    hideBelow: 'sm',
    width: '120px',
    sortBy: (row) => row.seen,
    cell: (row) => <RelativeTime at={row.seen} />,
  },
];
