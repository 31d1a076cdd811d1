import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { TableState } from '@/lib/search';
import type { State } from '@/lib/states';

type Schemas = components['schemas'];
export type Device = Schemas['DeviceRead'];
export type DeviceDetail = Schemas['DeviceDetail'];
export type Reason = Schemas['ReasonRead'];
export type Limits = Schemas['LimitWrite'];

export const PER_PAGE = 100;
const REFRESH_MS = 30_000;

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
export const MEDIA: Record<string, string> = { hdd: 'hard disk', ssd: 'SSD', nvme: 'NVMe' };

/** A level the page does not know is not known to be well. */
export const stateOf = (level: string): State => STATES[level] ?? 'unknown';

const at = (device_id: string) => ({ params: { path: { device_id } } });
const withCode = (device_id: string, code: string) => ({ params: { path: { device_id, code } } });

type DeviceState = Device['state'];
function stateWord(text: unknown): DeviceState | undefined {
  return text === 'present' || text === 'missing' || text === 'gone' || text === 'retired'
    ? text
    : undefined;
}

export const devicesQuery = (search: TableState) => {
  const query = {
    page: search.page ?? 1,
    per_page: PER_PAGE,
    sort: search.sort ?? '',
    q: search.q ?? '',
    level: String(search.level ?? ''),
    media: String(search.media ?? ''),
    state: stateWord(search.state),
  };
  return queryOptions({
    queryKey: ['devices', 'list', query],
    queryFn: () => dataOf(api.GET('/api/infrastructure/devices', { params: { query } })),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
};

export const deviceSummaryQuery = queryOptions({
  queryKey: ['devices', 'summary'],
  queryFn: () => dataOf(api.GET('/api/infrastructure/devices/summary')),
  refetchInterval: REFRESH_MS,
});

export const deviceQuery = (id: string) =>
  queryOptions({
    queryKey: ['devices', 'one', id],
    queryFn: () => dataOf(api.GET('/api/infrastructure/devices/{device_id}', at(id))),
    refetchInterval: REFRESH_MS,
  });

export const deviceEventsQuery = (id: string) =>
  queryOptions({
    queryKey: ['devices', 'events', id],
    queryFn: () => dataOf(api.GET('/api/infrastructure/devices/{device_id}/events', at(id))),
    refetchInterval: REFRESH_MS,
  });

export const deviceRulesQuery = queryOptions({
  queryKey: ['devices', 'rules'],
  queryFn: () => dataOf(api.GET('/api/infrastructure/devices/rules')),
  staleTime: Infinity,
});

/** The history of one number of a drive, as the metric store keeps it. */
export const deviceMetricQuery = (id: string, metric: string, days: number) =>
  queryOptions({
    queryKey: ['metrics', id, 'steady', metric, days],
    queryFn: async () => {
      const to = Math.floor(Date.now() / 1000);
      const from = to - days * 86_400;
      const span = {
        from: new Date(from * 1000).toISOString(),
        to: new Date(to * 1000).toISOString(),
      };
      const query = { metric, resource: [id], points: 300, ...span };
      const answer = await dataOf(api.GET('/api/metrics/query', { params: { query } }));
      return { from, to, answer };
    },
    placeholderData: keepPreviousData,
  });

function useChange<Given>(change: (given: Given) => Promise<unknown>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => cache.invalidateQueries({ queryKey: ['devices'] }),
  });
}

export const useAcknowledge = (id: string) =>
  useChange((codes: string[]) =>
    dataOf(
      api.POST('/api/infrastructure/devices/{device_id}/acknowledge', {
        ...at(id),
        body: { codes },
      }),
    ),
  );

export const useUnacknowledge = (id: string) =>
  useChange((code: string) =>
    dataOf(
      api.DELETE(
        '/api/infrastructure/devices/{device_id}/acknowledgements/{code}',
        withCode(id, code),
      ),
    ),
  );

export const useSetLimits = (id: string) =>
  useChange(({ code, limits }: { code: string; limits: Limits }) =>
    dataOf(
      api.PUT('/api/infrastructure/devices/{device_id}/limits/{code}', {
        ...withCode(id, code),
        body: limits,
      }),
    ),
  );

export const useClearLimits = (id: string) =>
  useChange((code: string) =>
    dataOf(api.DELETE('/api/infrastructure/devices/{device_id}/limits/{code}', withCode(id, code))),
  );

export const useRetire = (id: string) =>
  useChange(() =>
    dataOf(api.POST('/api/infrastructure/devices/{device_id}/retire', { ...at(id), body: {} })),
  );

export const useSchedule = (id: string) =>
  useChange((body: Schemas['SelfTestSchedule']) =>
    dataOf(
      api.PUT('/api/infrastructure/devices/{device_id}/self-test-schedule', { ...at(id), body }),
    ),
  );

export function useSelfTest(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (kind: 'short' | 'long' | 'abort') =>
      dataOf(
        api.POST('/api/infrastructure/devices/{device_id}/self-tests', {
          ...at(id),
          body: { kind },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['upkeep'] }),
  });
}

export const selfTestRunQuery = (runId: string) =>
  queryOptions({
    queryKey: ['job-runs', runId],
    queryFn: () =>
      dataOf(api.GET('/api/job-runs/{run_id}', { params: { path: { run_id: runId } } })),
    refetchInterval: (query) =>
      ['queued', 'running'].includes(query.state.data?.state ?? 'queued') ? 1000 : false,
  });
