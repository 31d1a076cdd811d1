import type { components } from '@/api/schema';
import type { State } from '@/lib/states';

export type RunState = components['schemas']['JobState'];

export const RUN_STATES = [
  'queued',
  'running',
  'succeeded',
  'failed',
  'cancelled',
  'lost',
] as const satisfies RunState[];

export const STATE_OF_RUN: Record<RunState, State> = {
  queued: 'unknown',
  running: 'ok',
  succeeded: 'ok',
  failed: 'critical',
  cancelled: 'unknown',
  lost: 'critical',
};

export function isOpen(state: RunState): boolean {
  return state === 'queued' || state === 'running';
}
