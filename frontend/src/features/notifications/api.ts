import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { TableState } from '@/lib/search';

type Schemas = components['schemas'];
export type Channel = Schemas['ChannelRead'];
export type ChannelWrite = Schemas['ChannelWrite'];
export type Service = Schemas['ServiceRead'];
export type Form = Schemas['FormRead'];
export type FormField = Schemas['FormFieldRead'];
export type Route = Schemas['RouteRead'];
export type RouteWrite = Schemas['RouteWrite'];
export type RoutePlan = Schemas['RoutePlan'];
export type Hours = Schemas['Hours'];
export type Severity = Schemas['Severity'];
export type Template = Schemas['TemplateRead'];
export type TemplateWrite = Schemas['TemplateWrite'];
export type Delivery = Schemas['DeliveryRead'];
export type DeliveryState = Schemas['DeliveryState'];
export type Explanation = Schemas['Explanation'];

const KEY = 'notifications';
export const DELIVERIES_PER_PAGE = 50;

export const channelsQuery = queryOptions({
  queryKey: [KEY, 'channels'],
  queryFn: () => dataOf(api.GET('/api/notifications/channels')),
});

export const channelNamesQuery = queryOptions({
  queryKey: [KEY, 'channel-names'],
  queryFn: () => dataOf(api.GET('/api/notifications/channel-names')),
});

// They change with Unity's version only.
export const servicesQuery = queryOptions({
  queryKey: ['notification-services'],
  queryFn: () => dataOf(api.GET('/api/notifications/services')),
  staleTime: Infinity,
});

export const formQuery = (service: string) =>
  queryOptions({
    queryKey: ['notification-services', service],
    queryFn: () =>
      dataOf(
        api.GET('/api/notifications/services/{service}/form', { params: { path: { service } } }),
      ),
    staleTime: Infinity,
  });

export const routesQuery = queryOptions({
  queryKey: [KEY, 'routes'],
  queryFn: () => dataOf(api.GET('/api/notifications/routes')),
});

export const groupsQuery = queryOptions({
  queryKey: ['resources', 'groups', 'names'],
  queryFn: () => dataOf(api.GET('/api/resources/groups')),
});

export const tagsQuery = queryOptions({
  queryKey: ['resources', 'tags', 'names'],
  queryFn: async () => (await dataOf(api.GET('/api/resources/tags'))).map(({ tag }) => tag),
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

export interface Question {
  severity: Severity;
  domain: string;
  alert_type: string;
  resource_id: string | undefined;
}

export const explainQuery = (question: Question) =>
  queryOptions({
    queryKey: [KEY, 'explain', question],
    queryFn: () => dataOf(api.GET('/api/notifications/explain', { params: { query: question } })),
  });

export const templatesQuery = queryOptions({
  queryKey: [KEY, 'templates'],
  queryFn: () => dataOf(api.GET('/api/notifications/templates')),
});

export const deliveriesQuery = (search: TableState) =>
  queryOptions({
    queryKey: [KEY, 'deliveries', search],
    queryFn: () =>
      dataOf(
        api.GET('/api/notifications/deliveries', {
          params: {
            query: {
              page: search.page ?? 1,
              per_page: DELIVERIES_PER_PAGE,
              sort: search.sort ?? '-made_at',
              q: search.q ?? '',
              state: stateOf(search['state']),
              channel_id: textOf(search['channel']),
            },
          },
        }),
      ),
  });

const STATES: readonly string[] = [
  'waiting',
  'sending',
  'retrying',
  'delivered',
  'dead',
  'suppressed',
] satisfies DeliveryState[];

function isState(word: unknown): word is DeliveryState {
  return typeof word === 'string' && STATES.includes(word);
}

const stateOf = (word: unknown) => (isState(word) ? word : undefined);
const textOf = (word: unknown) => (typeof word === 'string' ? word : undefined);

export const deliveryQuery = (delivery_id: string) =>
  queryOptions({
    queryKey: [KEY, 'delivery', delivery_id],
    queryFn: () =>
      dataOf(
        api.GET('/api/notifications/deliveries/{delivery_id}', {
          params: { path: { delivery_id } },
        }),
      ),
  });

export const healthQuery = queryOptions({
  queryKey: [KEY, 'health'],
  queryFn: () => dataOf(api.GET('/api/notifications/health')),
  refetchInterval: 30_000,
});

function useChange<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () => client.invalidateQueries({ queryKey: [KEY] }),
  });
}

const channel = (channel_id: string) => ({ params: { path: { channel_id } } });
const route = (route_id: string) => ({ params: { path: { route_id } } });
const template = (template_id: string) => ({ params: { path: { template_id } } });

/** Adds a channel, or changes the one of this id. */
export const useSaveChannel = (id: string | null) =>
  useChange((body: ChannelWrite) =>
    id === null
      ? dataOf(api.POST('/api/notifications/channels', { body }))
      : dataOf(api.PUT('/api/notifications/channels/{channel_id}', { ...channel(id), body })),
  );

export const useDeleteChannel = (id: string) =>
  useChange(() => api.DELETE('/api/notifications/channels/{channel_id}', channel(id)));

export const useTestChannel = (id: string) =>
  useChange(() => dataOf(api.POST('/api/notifications/channels/{channel_id}/test', channel(id))));

export const useSaveRoute = (id: string | null) =>
  useChange((body: RouteWrite) =>
    id === null
      ? dataOf(api.POST('/api/notifications/routes', { body }))
      : dataOf(api.PUT('/api/notifications/routes/{route_id}', { ...route(id), body })),
  );

export const useDeleteRoute = (id: string) =>
  useChange(() => api.DELETE('/api/notifications/routes/{route_id}', route(id)));

export const useSaveTemplate = (id: string | null) =>
  useChange((body: TemplateWrite) =>
    id === null
      ? dataOf(api.POST('/api/notifications/templates', { body }))
      : dataOf(api.PUT('/api/notifications/templates/{template_id}', { ...template(id), body })),
  );

export const useDeleteTemplate = (id: string) =>
  useChange(() => api.DELETE('/api/notifications/templates/{template_id}', template(id)));

export const usePreviewTemplate = () =>
  useMutation({
    mutationFn: (body: TemplateWrite) =>
      dataOf(api.POST('/api/notifications/template-preview', { body })),
  });

export const useRetryDelivery = (delivery_id: string) =>
  useChange(() =>
    dataOf(
      api.POST('/api/notifications/deliveries/{delivery_id}/retry', {
        params: { path: { delivery_id } },
      }),
    ),
  );

export const useSetSwitch = () =>
  useChange((body: Schemas['DeadMansSwitchWrite']) =>
    dataOf(api.PUT('/api/notifications/dead-mans-switch', { body })),
  );

export const useRemoveSwitch = () =>
  useChange(() => api.DELETE('/api/notifications/dead-mans-switch'));
