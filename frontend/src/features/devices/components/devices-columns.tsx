import { Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Column } from '@/components/data-table/columns';
import { StatusBadge } from '@/components/status-badge';
import { formatBytes, formatDuration, formatPercent, formatUnit } from '@/lib/format';
import { LEVEL_WORDS, MEDIA, stateOf, type Device } from '../api';

const AWAY: Record<string, string> = {
  missing: 'It was not listed the last time.',
  gone: 'It is gone.',
  retired: 'It is retired.',
};

/** Why it is not well, or not known to be. */
export function reasonOf(device: Device): string {
  const away = AWAY[device.state];
  if (away) return away;
  const open = device.reasons.find((reason) => !reason.is_acknowledged);
  return open?.message ?? device.unknown_reason;
}

export const wearOf = (percent: number | null) =>
  formatPercent(percent === null ? null : percent / 100);

export const hoursOf = (hours: number | null) =>
  formatDuration(hours === null ? null : hours * 3600);

/** The badge of a drive: where it is counts before how it is. */
export function DeviceBadge({ device, soft = false }: { device: Device; soft?: boolean }) {
  const isAway = device.state !== 'present';
  const state = device.state === 'gone' ? 'critical' : isAway ? 'unknown' : stateOf(device.level);
  return (
    <StatusBadge state={state} reason={reasonOf(device)} variant={soft ? 'soft' : 'plain'}>
      {isAway ? device.state : (LEVEL_WORDS[device.level] ?? device.level)}
    </StatusBadge>
  );
}

// Columns with `sortBy` are those that the server can sort by; it does the sorting itself.
export const COLUMNS: Column<Device>[] = [
  {
    id: 'level',
    header: 'Verdict',
    width: '112px',
    sortBy: (device) => device.level,
    cell: (device) => <DeviceBadge device={device} />,
  },
  {
    id: 'model',
    header: 'Drive',
    width: 'clamp(130px, 17%, 260px)',
    sortBy: (device) => device.model,
    text: (device) => device.title,
    cell: (device) => (
      <Link to="/storage/devices/$deviceId" params={{ deviceId: device.id }} tabIndex={-1}>
        {device.model || device.name}
      </Link>
    ),
  },
  {
    id: 'server',
    header: 'Server',
    width: 'clamp(80px, 10%, 150px)',
    sortBy: (device) => device.server_name,
    cell: (device) => (
      <Link to="/servers/$serverId" params={{ serverId: device.server_id }} tabIndex={-1}>
        {device.server_name}
      </Link>
    ),
  },
  {
    id: 'name',
    header: 'Place',
    hideBelow: 'sm',
    width: '90px',
    sortBy: (device) => device.name,
    cell: (device) => device.name,
  },
  {
    id: 'why',
    header: 'Why',
    hideBelow: 'md',
    cell: (device) => (
      <Tooltip label={reasonOf(device)} disabled={!reasonOf(device)}>
        <span>{reasonOf(device)}</span>
      </Tooltip>
    ),
  },
  {
    id: 'media',
    header: 'Kind',
    hideBelow: 'lg',
    width: '86px',
    cell: (device) => MEDIA[device.media] ?? '',
  },
  {
    id: 'temperature',
    header: 'Temp.',
    align: 'right',
    width: '76px',
    sortBy: (device) => device.temperature_celsius,
    cell: (device) => formatUnit(device.temperature_celsius, 'celsius'),
  },
  {
    id: 'wear',
    header: 'Worn',
    align: 'right',
    hideBelow: 'md',
    width: '72px',
    sortBy: (device) => device.wear_percent,
    cell: (device) => wearOf(device.wear_percent),
  },
  {
    id: 'hours',
    header: 'Age',
    align: 'right',
    hideBelow: 'lg',
    width: '96px',
    sortBy: (device) => device.power_on_hours,
    cell: (device) => hoursOf(device.power_on_hours),
  },
  {
    id: 'capacity',
    header: 'Size',
    align: 'right',
    width: '88px',
    hideBelow: 'sm',
    sortBy: (device) => device.capacity_bytes,
    cell: (device) => formatBytes(device.capacity_bytes),
  },
];
