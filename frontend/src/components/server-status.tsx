import type { components } from '@/api/schema';
import type { State } from '@/lib/states';
import { StatusBadge } from './status-badge';

type ServerStatus = components['schemas']['ServerStatus'];
type Severity = components['schemas']['Severity'];

export const SERVER_STATES: Record<ServerStatus, State> = {
  online: 'ok',
  degraded: 'warning',
  offline: 'critical',
  unknown: 'unknown',
  disabled: 'unknown',
};

export const SEVERITY_STATES: Record<Severity, State> = {
  critical: 'critical',
  warning: 'warning',
  info: 'unknown',
};

interface ServerStatusBadgeProps {
  status: ServerStatus;
  reason?: string;
  variant?: 'plain' | 'soft';
}

/** A server's status, with its reason on hover and focus unless all is well. */
export function ServerStatusBadge({ status, reason, variant }: ServerStatusBadgeProps) {
  return (
    <StatusBadge
      state={SERVER_STATES[status]}
      reason={status === 'online' ? undefined : reason}
      variant={variant}
    >
      {status}
    </StatusBadge>
  );
}
