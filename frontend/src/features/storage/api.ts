import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { State } from '@/lib/states';

type Schemas = components['schemas'];
export type Drive = Schemas['DeviceRead'];
export type DrivesInShort = Schemas['DeviceSummary'];
export type Pool = Schemas['PoolRead'];
export type PoolsInShort = Schemas['PoolSummary'];

const REFRESH_MS = 30_000;
const MOST = 1000;
export const MOST_TROUBLES = 20;

const STATES: Record<string, State> = {
  ok: 'ok',
  watch: 'ok',
  warning: 'warning',
  failing: 'critical',
};
export const isBad = (state: State) => state === 'critical' || state === 'warning';
export const LEVEL_WORDS: Record<string, string> = { ok: 'healthy' };

/** A drive that is gone is worse than one that nobody could ask. */
export function driveState({ state, level }: Drive): State {
  if (state === 'gone') return 'critical';
  return state === 'present' ? (STATES[level] ?? 'unknown') : 'unknown';
}

export const poolState = ({ level }: Pool): State => STATES[level] ?? 'unknown';

export const driveWords = ({ state, level }: Drive) =>
  state === 'present' ? (LEVEL_WORDS[level] ?? level) : state;

/** Why a drive is not well, or not known to be; nothing when it is. */
export function driveReason(drive: Drive): string {
  if (drive.state === 'missing') return 'It was not listed the last time.';
  if (drive.state === 'gone') return 'It is gone.';
  const open = drive.reasons.find((reason) => !reason.is_acknowledged);
  return open?.message ?? drive.unknown_reason;
}

export const poolReason = (pool: Pool) =>
  pool.missing_since
    ? 'Its machine does not show it any more.'
    : (pool.reasons.find((reason) => !reason.is_acknowledged)?.message ?? '');

// The keys begin with the noun of the thing itself, so that what changes it refreshes this too.
export const allDrivesQuery = queryOptions({
  queryKey: ['devices', 'all'],
  queryFn: () =>
    dataOf(
      api.GET('/api/infrastructure/devices', {
        params: { query: { per_page: MOST, sort: 'server' } },
      }),
    ),
  refetchInterval: REFRESH_MS,
});

/** The worst of all drives, however many there are. */
export const illDrivesQuery = queryOptions({
  queryKey: ['devices', 'ill'],
  queryFn: () =>
    dataOf(
      api.GET('/api/infrastructure/devices', {
        params: { query: { attention: true, per_page: MOST_TROUBLES, sort: 'level' } },
      }),
    ),
  refetchInterval: REFRESH_MS,
});

export const drivesInShortQuery = queryOptions({
  queryKey: ['devices', 'summary'],
  queryFn: () => dataOf(api.GET('/api/infrastructure/devices/summary')),
  refetchInterval: REFRESH_MS,
});

/** The worst of all pools, however many there are. */
export const worstPoolsQuery = queryOptions({
  queryKey: ['pools', 'worst'],
  queryFn: () =>
    dataOf(
      api.GET('/api/infrastructure/pools', {
        params: { query: { per_page: MOST_TROUBLES, sort: 'level' } },
      }),
    ),
  refetchInterval: REFRESH_MS,
});

export const poolsInShortQuery = queryOptions({
  queryKey: ['pools', 'summary'],
  queryFn: () => dataOf(api.GET('/api/infrastructure/pools/summary')),
  refetchInterval: REFRESH_MS,
});

/** How many pools are not well. */
export const badPools = ({ levels }: PoolsInShort) =>
  Object.entries(levels)
    .filter(([level]) => isBad(STATES[level] ?? 'unknown'))
    .reduce((sum, [, count]) => sum + count, 0);
