import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { TableState } from '@/lib/search';

type Schemas = components['schemas'];
export type Server = Schemas['ServerRead'];
export type Fact = Schemas['FactRead'];
export type Run = Schemas['RunRead'];
export type ServerEdit = Schemas['ServerEdit'];
export type LabelEdit = Schemas['LabelEdit'];

export const PER_PAGE = 200;
export const RUNS_PER_PAGE = 50;
const ALL = { params: { query: { per_page: 1000 } } } as const;

const at = (server_id: string) => ({ params: { path: { server_id } } });
const text = (value: string | number | undefined) => (value === undefined ? '' : String(value));

const STATUSES: readonly Server['status'][] = [
  'online',
  'degraded',
  'offline',
  'unknown',
  'disabled',
];

/** The list as its address says. */
export const serversQuery = (search: TableState) =>
  queryOptions({
    queryKey: ['servers', 'list', search],
    queryFn: () =>
      dataOf(
        api.GET('/api/infrastructure/servers', {
          params: {
            query: {
              page: search.page ?? 1,
              per_page: PER_PAGE,
              sort: search.sort ?? 'status',
              q: search.q ?? '',
              status: STATUSES.find((status) => status === search.status) ?? null,
              tag: text(search.tag),
              group: text(search.group),
            },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const serverQuery = (id: string) =>
  queryOptions({
    queryKey: ['servers', 'one', id],
    queryFn: () => dataOf(api.GET('/api/infrastructure/servers/{server_id}', at(id))),
    refetchInterval: 60_000,
  });

export const factsQuery = (id: string) =>
  queryOptions({
    queryKey: ['servers', 'facts', id],
    queryFn: () => dataOf(api.GET('/api/infrastructure/servers/{server_id}/facts', at(id))),
    refetchInterval: 60_000,
  });

export const runsQuery = (id: string, search: TableState) =>
  queryOptions({
    queryKey: ['servers', 'runs', id, search],
    queryFn: () =>
      dataOf(
        api.GET('/api/infrastructure/servers/{server_id}/runs', {
          params: {
            path: { server_id: id },
            query: {
              page: search.page ?? 1,
              per_page: RUNS_PER_PAGE,
              sort: search.sort ?? '',
              rate: text(search.rate),
            },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const deletePlanQuery = (id: string) =>
  queryOptions({
    queryKey: ['servers', 'plan-delete', id],
    queryFn: () => dataOf(api.GET('/api/infrastructure/servers/{server_id}/plan-delete', at(id))),
    staleTime: 0,
    gcTime: 0,
  });

export const tagsQuery = queryOptions({
  queryKey: ['servers', 'tags'],
  queryFn: () => dataOf(api.GET('/api/resources/tags')),
});

export const groupsQuery = queryOptions({
  queryKey: ['servers', 'groups'],
  queryFn: () => dataOf(api.GET('/api/resources/groups')),
});

export const serverChoicesQuery = queryOptions({
  queryKey: ['servers', 'choices'],
  queryFn: async () => (await dataOf(api.GET('/api/infrastructure/servers', ALL))).items,
});

export const keyChoicesQuery = queryOptions({
  queryKey: ['ssh-keys', 'choices'],
  queryFn: async () => (await dataOf(api.GET('/api/credentials/ssh-keys', ALL))).items,
});

export const loginChoicesQuery = queryOptions({
  queryKey: ['logins', 'choices'],
  queryFn: async () => (await dataOf(api.GET('/api/credentials/logins', ALL))).items,
});

function useServersMutation<Input, Answer>(change: (input: Input) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['servers'] });
      void client.invalidateQueries({ queryKey: ['overview'] });
    },
  });
}

export const useEditServer = (id: string) =>
  useServersMutation((body: ServerEdit) =>
    dataOf(api.PATCH('/api/infrastructure/servers/{server_id}', { ...at(id), body })),
  );

/** Switches the collection of some servers on or off; the first one that fails is told. */
export const useSwitchServers = () =>
  useServersMutation(async ({ ids, isEnabled }: { ids: string[]; isEnabled: boolean }) => {
    for (const id of ids)
      await (isEnabled
        ? api.POST('/api/infrastructure/servers/{server_id}/enable', at(id))
        : api.POST('/api/infrastructure/servers/{server_id}/disable', at(id)));
  });

export const useEditLabels = () =>
  useServersMutation((body: LabelEdit) => dataOf(api.POST('/api/resources/labels', { body })));

export const useDeleteServer = (id: string) => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.DELETE('/api/infrastructure/servers/{server_id}', at(id)),
    onSuccess: () => {
      // Asking for the page of what is gone would only fail.
      client.removeQueries({ queryKey: ['servers', 'one', id] });
      void client.invalidateQueries({ queryKey: ['servers', 'list'] });
      void client.invalidateQueries({ queryKey: ['servers', 'choices'] });
      void client.invalidateQueries({ queryKey: ['overview'] });
    },
  });
};

export const startCollection = (id: string) =>
  dataOf(api.POST('/api/infrastructure/servers/{server_id}/collect', at(id)));

export const startTest = (id: string) =>
  dataOf(api.POST('/api/infrastructure/servers/{server_id}/test', at(id)));

export const jobRunQuery = (run_id: string) =>
  queryOptions({
    queryKey: ['jobs', 'run', run_id],
    queryFn: () => dataOf(api.GET('/api/job-runs/{run_id}', { params: { path: { run_id } } })),
    // Events tell of each step; this is for the time without them.
    refetchInterval: ({ state }) =>
      state.data?.state === 'queued' || state.data?.state === 'running' ? 1_000 : false,
  });

export const cancelRun = (run_id: string) =>
  dataOf(api.POST('/api/job-runs/{run_id}/cancel', { params: { path: { run_id } } }));
