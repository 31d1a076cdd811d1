import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { TableState } from '@/lib/search';
import type { State } from '@/lib/states';

type Schemas = components['schemas'];
export type Pool = Schemas['PoolRead'];
export type PoolDetail = Schemas['PoolDetail'];
export type Dataset = Schemas['DatasetRead'];
export type PoolMember = Schemas['PoolMemberRead'];
export type PoolKind = Pool['kind'];

export type ScrubVerb = Schemas['ScrubStart']['verb'];

export const PER_PAGE = 100;
const REFRESH_MS = 30_000;
export const KINDS: Record<PoolKind, string> = {
  zfs: 'ZFS',
  md: 'Linux RAID',
  lvm: 'LVM',
  btrfs: 'btrfs',
};

const STATES: Record<string, State> = {
  ok: 'ok',
  unknown: 'unknown',
  watch: 'ok',
  warning: 'warning',
  failing: 'critical',
};
export const LEVEL_WORDS: Record<string, string> = {
  ok: 'healthy',
  unknown: 'unknown',
  watch: 'watch',
  warning: 'warning',
  failing: 'failing',
};

/** A level the page does not know is not known to be well. */
export const stateOf = (level: string): State => STATES[level] ?? 'unknown';

const at = (pool_id: string) => ({ params: { path: { pool_id } } });

function kindOf(text: unknown): PoolKind | undefined {
  return text === 'zfs' || text === 'md' || text === 'lvm' || text === 'btrfs' ? text : undefined;
}

export const poolsQuery = (search: TableState) => {
  const query = {
    page: search.page ?? 1,
    per_page: PER_PAGE,
    sort: search.sort ?? '',
    q: search.q ?? '',
    level: String(search.level ?? ''),
    kind: kindOf(search.kind),
  };
  return queryOptions({
    queryKey: ['pools', 'list', query],
    queryFn: () => dataOf(api.GET('/api/infrastructure/pools', { params: { query } })),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
};

export const poolSummaryQuery = queryOptions({
  queryKey: ['pools', 'summary'],
  queryFn: () => dataOf(api.GET('/api/infrastructure/pools/summary')),
  refetchInterval: REFRESH_MS,
});

export const poolQuery = (id: string) =>
  queryOptions({
    queryKey: ['pools', 'one', id],
    queryFn: () => dataOf(api.GET('/api/infrastructure/pools/{pool_id}', at(id))),
    refetchInterval: REFRESH_MS,
  });

export function useForgetPool() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => dataOf(api.DELETE('/api/infrastructure/pools/{pool_id}', at(id))),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['pools'] }),
  });
}

export function useScheduleScrubs(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas['ScrubSchedule']) =>
      dataOf(api.PUT('/api/infrastructure/pools/{pool_id}/scrub-schedule', { ...at(id), body })),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['pools'] });
      await cache.invalidateQueries({ queryKey: ['upkeep'] });
    },
  });
}

export function useScrub(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (verb: ScrubVerb) =>
      dataOf(api.POST('/api/infrastructure/pools/{pool_id}/scrubs', { ...at(id), body: { verb } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['upkeep'] }),
  });
}

export function useAcknowledgePool(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => dataOf(api.POST('/api/infrastructure/pools/{pool_id}/acknowledge', at(id))),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['pools'] }),
  });
}

export const scrubRunQuery = (runId: string) =>
  queryOptions({
    queryKey: ['job-runs', runId],
    queryFn: () =>
      dataOf(api.GET('/api/job-runs/{run_id}', { params: { path: { run_id: runId } } })),
    refetchInterval: (query) =>
      ['queued', 'running'].includes(query.state.data?.state ?? 'queued') ? 1000 : false,
  });
