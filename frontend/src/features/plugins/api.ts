import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { TableState } from '@/lib/search';

type Schemas = components['schemas'];
export type Plugin = Schemas['PluginRead'];
export type PluginDetail = Schemas['PluginDetail'];
export type Instance = Schemas['InstanceRead'];
export type InstanceDetail = Schemas['InstanceDetail'];
export type InstanceWrite = Schemas['InstanceWrite'];
export type Trial = Schemas['InstanceTrial'];
export type Run = Schemas['InstanceRun'];
export type DataTableOf = Schemas['PluginTable'];
export type Column = Schemas['PluginColumn'];
export type Card = Schemas['PluginCard'];
export type PushKey = Schemas['KeyRead'];
export type Series = Schemas['SeriesRead'];
export type Alert = Schemas['AlertRead'];

const KEY = 'plugins';
export const PER_PAGE = 50;
export const RUNS_PER_PAGE = 10;
const POINTS = 300;

export const galleryQuery = queryOptions({
  queryKey: [KEY, 'gallery'],
  queryFn: () => dataOf(api.GET('/api/plugins/gallery')),
});

export const pluginQuery = (name: string) =>
  queryOptions({
    queryKey: [KEY, 'gallery', name],
    queryFn: () => dataOf(api.GET('/api/plugins/gallery/{name}', { params: { path: { name } } })),
  });

const textOf = (word: unknown) => (typeof word === 'string' ? word : '');

export const instancesQuery = (search: TableState) =>
  queryOptions({
    queryKey: [KEY, 'instances', search],
    queryFn: () =>
      dataOf(
        api.GET('/api/plugins/instances', {
          params: {
            query: {
              page: search.page ?? 1,
              per_page: PER_PAGE,
              sort: search.sort ?? 'name',
              q: search.q ?? '',
              plugin: textOf(search['plugin']),
              state: textOf(search['state']),
            },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });

const at = (instance_id: string) => ({ params: { path: { instance_id } } });

export const instanceQuery = (id: string) =>
  queryOptions({
    queryKey: [KEY, 'instance', id],
    queryFn: () => dataOf(api.GET('/api/plugins/instances/{instance_id}', at(id))),
  });

export const runsQuery = (instance_id: string, page: number) =>
  queryOptions({
    queryKey: [KEY, 'instance', instance_id, 'runs', page],
    queryFn: () =>
      dataOf(
        api.GET('/api/plugins/instances/{instance_id}/runs', {
          params: {
            path: { instance_id },
            query: { page, per_page: RUNS_PER_PAGE, sort: '-began_at' },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const logsQuery = (instance_id: string) =>
  queryOptions({
    queryKey: [KEY, 'instance', instance_id, 'logs'],
    queryFn: () =>
      dataOf(
        api.GET('/api/plugins/instances/{instance_id}/logs', {
          params: { path: { instance_id }, query: { per_page: 100, sort: '-at' } },
        }),
      ),
  });

export const dataPageQuery = (instance_id: string, key: string) =>
  queryOptions({
    queryKey: [KEY, 'instance', instance_id, 'page', key],
    queryFn: () =>
      dataOf(
        api.GET('/api/plugins/instances/{instance_id}/pages/{key}', {
          params: { path: { instance_id, key } },
        }),
      ),
  });

export const keysQuery = (instance_id: string) =>
  queryOptions({
    queryKey: [KEY, 'instance', instance_id, 'keys'],
    queryFn: () => dataOf(api.GET('/api/plugins/instances/{instance_id}/keys', at(instance_id))),
  });

export const seriesQuery = (resource: string) =>
  queryOptions({
    queryKey: [KEY, 'instance', resource, 'series'],
    queryFn: () => dataOf(api.GET('/api/metrics/series', { params: { query: { resource } } })),
  });

export const metricQuery = (id: string, metric: string, hours: number) =>
  queryOptions({
    queryKey: ['metrics', id, 'steady', metric, hours],
    queryFn: async () => {
      const to = Math.floor(Date.now() / 1000);
      const from = to - hours * 3600;
      const span = {
        from: new Date(from * 1000).toISOString(),
        to: new Date(to * 1000).toISOString(),
      };
      const query = { metric, resource: [id], points: POINTS, ...span };
      const answer = await dataOf(api.GET('/api/metrics/query', { params: { query } }));
      return { from, to, answer };
    },
    placeholderData: keepPreviousData,
  });

// Under the alerts' key, so that an alert that comes or goes is seen here, too.
export const openAlertsQuery = queryOptions({
  queryKey: ['alerts', 'plugins', 'open'],
  queryFn: async () => {
    const query = { domain: 'plugins', state: 'active', per_page: 1000 } as const;
    return (await dataOf(api.GET('/api/alerts', { params: { query } }))).items;
  },
});

export const serversQuery = queryOptions({
  queryKey: ['servers', 'names'],
  queryFn: async () =>
    (
      await dataOf(
        api.GET('/api/infrastructure/servers', { params: { query: { per_page: 1000 } } }),
      )
    ).items,
});

function useChange<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () => client.invalidateQueries({ queryKey: [KEY] }),
  });
}

export const useScan = () => useChange(() => dataOf(api.POST('/api/plugins/gallery/scan')));

export const useSaveInstance = (id: string | null) =>
  useChange((body: InstanceWrite) =>
    dataOf(
      id === null
        ? api.POST('/api/plugins/instances', { body })
        : api.PUT('/api/plugins/instances/{instance_id}', { ...at(id), body }),
    ),
  );

/** Asks what a configuration names; nothing is stored. */
export const useTry = (instance_id: string | null) =>
  useMutation({
    mutationFn: (body: InstanceWrite) =>
      dataOf(api.POST('/api/plugins/test', { body: { ...body, instance_id } })),
  });

export const useSwitch = (id: string) =>
  useChange((isEnabled: boolean) =>
    dataOf(
      isEnabled
        ? api.POST('/api/plugins/instances/{instance_id}/enable', at(id))
        : api.POST('/api/plugins/instances/{instance_id}/disable', at(id)),
    ),
  );

export const useRunNow = (id: string) =>
  useChange(() => dataOf(api.POST('/api/plugins/instances/{instance_id}/run', at(id))));

/** The lists are asked anew by who leaves the page of what is gone. */
export const useDeleteInstance = (id: string) =>
  useMutation({
    mutationFn: () => dataOf(api.DELETE('/api/plugins/instances/{instance_id}', at(id))),
  });

export const fetchDiagnostics = (id: string) =>
  dataOf(api.GET('/api/plugins/instances/{instance_id}/diagnostics', at(id)));

export const useCreateKey = (id: string) =>
  useChange((body: Schemas['KeyCreate']) =>
    dataOf(api.POST('/api/plugins/instances/{instance_id}/keys', { ...at(id), body })),
  );

export const useDeleteKey = (instance_id: string) =>
  useChange((key_id: string) =>
    dataOf(
      api.DELETE('/api/plugins/instances/{instance_id}/keys/{key_id}', {
        params: { path: { instance_id, key_id } },
      }),
    ),
  );
