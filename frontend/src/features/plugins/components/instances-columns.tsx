import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMay } from '@/api/session';
import type { Column } from '@/components/data-table/columns';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { formatDuration } from '@/lib/format';
import { openAlertsQuery, type Instance } from '../api';
import { standingOf } from '../words';

/** How it stands, with the alerts that are open for it. */
export function InstanceBadge({ instance, soft = false }: { instance: Instance; soft?: boolean }) {
  const seesAlerts = useMay('alerts:read');
  const alerts = useQuery({ ...openAlertsQuery, enabled: seesAlerts }).data ?? [];
  const { state, word, reason } = standingOf(instance, alerts);
  return (
    <StatusBadge state={state} reason={reason} variant={soft ? 'soft' : 'plain'}>
      {word}
    </StatusBadge>
  );
}

// The server sorts; columns with `sortBy` are those that it can sort by.
export const COLUMNS: Column<Instance>[] = [
  {
    id: 'state',
    header: 'State',
    width: '128px',
    sortBy: (instance) => instance.state,
    cell: (instance) => <InstanceBadge instance={instance} />,
  },
  {
    id: 'name',
    header: 'Name',
    width: 'clamp(140px, 20%, 280px)',
    sortBy: (instance) => instance.name,
    text: (instance) => instance.name,
    cell: (instance) => (
      <Link to="/system/plugins/$instanceId" params={{ instanceId: instance.id }} tabIndex={-1}>
        {instance.name}
      </Link>
    ),
  },
  {
    id: 'summary',
    header: 'Found',
    hideBelow: 'sm',
    text: (instance) => instance.problem || instance.summary,
    cell: (instance) => instance.problem || instance.summary || 'nothing yet',
  },
  {
    id: 'plugin',
    hideBelow: 'md',
    header: 'Plugin',
    width: '160px',
    sortBy: (instance) => instance.plugin,
    text: (instance) => instance.plugin_title,
    cell: (instance) => instance.plugin_title,
  },
  {
    id: 'server_name',
    hideBelow: 'md',
    header: 'Server',
    width: '140px',
    text: (instance) => instance.server_name ?? '',
    cell: (instance) =>
      instance.server_id && instance.server_name ? (
        <Link to="/servers/$serverId" params={{ serverId: instance.server_id }} tabIndex={-1}>
          {instance.server_name}
        </Link>
      ) : (
        'none'
      ),
  },
  {
    id: 'last_run_at',
    hideBelow: 'sm',
    header: 'Last run',
    width: '120px',
    sortBy: (instance) => instance.last_run_at ?? '',
    cell: (instance) => <RelativeTime at={instance.last_run_at} never="never" />,
  },
  {
    id: 'every_seconds',
    hideBelow: 'lg',
    header: 'Every',
    width: '90px',
    text: (instance) => formatDuration(instance.every_seconds),
    cell: (instance) => formatDuration(instance.every_seconds),
  },
];
