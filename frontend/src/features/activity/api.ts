import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Happening = Schemas['ActivityRead'];

/** What the list is narrowed to. Times are lengths, so that an open page moves along. */
export interface ActivityFilters {
  kind?: string;
  q?: string;
  actor?: string;
  span?: string;
  resourceId?: string;
}

const PER_PAGE = 50;
const NEWEST = 25;

const SECONDS: Record<string, number> = {
  '1h': 3_600,
  '24h': 86_400,
  '7d': 604_800,
  '30d': 2_592_000,
};

function since(span: string | undefined): string | undefined {
  const seconds = SECONDS[span ?? ''];
  return seconds === undefined ? undefined : new Date(Date.now() - seconds * 1000).toISOString();
}

function ask(filters: ActivityFilters, limit: number, before: string | null) {
  const { kind = '', q = '', actor, span, resourceId } = filters;
  return dataOf(
    api.GET('/api/activity', {
      params: {
        query: {
          kind,
          q,
          limit,
          before,
          actor_id: actor,
          since: since(span),
          resource_id: resourceId,
        },
      },
    }),
  );
}

export const feedQuery = (filters: ActivityFilters) =>
  infiniteQueryOptions({
    queryKey: ['activity', 'feed', filters],
    queryFn: ({ pageParam }) => ask(filters, PER_PAGE, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    // Rows must not move while somebody reads; what is new is offered above them.
    staleTime: 30_000,
    refetchOnWindowFocus: false,
  });

/** Asked again whenever something happens. */
export const newestQuery = (filters: ActivityFilters) =>
  queryOptions({
    queryKey: ['activity', 'newest', filters],
    queryFn: () => ask(filters, NEWEST, null),
    staleTime: 0,
  });

export const peopleQuery = queryOptions({
  queryKey: ['users', 'choices'],
  queryFn: async () =>
    (await dataOf(api.GET('/api/users', { params: { query: { per_page: 1000 } } }))).items,
});

export const stuckQuery = queryOptions({
  queryKey: ['activity', 'stuck'],
  queryFn: () => dataOf(api.GET('/api/activity/stuck')),
});

export function useRetryStuck() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (ids: readonly string[]) => {
      for (const delivery_id of ids)
        await api.POST('/api/activity/stuck/{delivery_id}/retry', {
          params: { path: { delivery_id } },
        });
    },
    onSuccess: () => void client.invalidateQueries({ queryKey: stuckQuery.queryKey }),
  });
}
