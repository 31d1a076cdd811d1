import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { State } from '@/lib/states';

export type Alert = components['schemas']['AlertRead'];

// As the overview judges them: a server that is gone, or may be another machine.
const CRITICAL = new Set(['server_offline', 'host_key_changed']);

export function stateOfAlert({ kind, state }: Alert): State {
  if (state !== 'firing') return 'unknown';
  return CRITICAL.has(kind) ? 'critical' : 'warning';
}

export const HISTORY_PER_PAGE = 50;

export const openAlertsQuery = queryOptions({
  queryKey: ['alerts', 'open'],
  queryFn: async () => {
    const asked = (['firing', 'pending'] as const).map((state) =>
      dataOf(
        api.GET('/api/alerts', {
          params: { query: { state, per_page: 1000, sort: 'began_at' } },
        }),
      ),
    );
    return (await Promise.all(asked)).flatMap((page) => page.items);
  },
});

export const endedAlertsQuery = (page: number) =>
  queryOptions({
    queryKey: ['alerts', 'ended', page],
    queryFn: () =>
      dataOf(
        api.GET('/api/alerts', {
          params: {
            query: { state: 'resolved', page, per_page: HISTORY_PER_PAGE, sort: '-resolved_at' },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });
