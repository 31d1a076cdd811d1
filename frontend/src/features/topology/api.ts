import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { State } from '@/lib/states';

type Schemas = components['schemas'];
export type Topology = Schemas['TopologyRead'];
export type Node = Schemas['TopologyNode'];
export type Edge = Schemas['TopologyEdge'];

const REFRESH_MS = 30_000;

export const serverTopologyQuery = (server_id: string) =>
  queryOptions({
    queryKey: ['topology', 'server', server_id],
    queryFn: () =>
      dataOf(api.GET('/api/infrastructure/topology', { params: { query: { server_id } } })),
    refetchInterval: REFRESH_MS,
  });

export const aroundQuery = (resource_id: string) =>
  queryOptions({
    queryKey: ['topology', 'around', resource_id],
    queryFn: () =>
      dataOf(api.GET('/api/infrastructure/topology', { params: { query: { resource_id } } })),
    refetchInterval: REFRESH_MS,
  });

/** The servers there are, by name, to choose one. */
export const serverNamesQuery = queryOptions({
  queryKey: ['topology', 'servers'],
  queryFn: () =>
    dataOf(
      api.GET('/api/resources', {
        params: { query: { kind: 'server', per_page: 1000, sort: 'name' } },
      }),
    ),
});

/** The layers of a picture, from the ground up; what is not named comes last. */
export const LAYERS: readonly (readonly [string, string])[] = [
  ['server', 'Server'],
  ['storage_device', 'Drives'],
  ['storage_pool', 'Pools'],
  ['filesystem', 'File systems'],
  ['database_instance', 'Databases'],
];

const STATES: Record<NonNullable<Node['severity']>, State> = {
  info: 'unknown',
  warning: 'warning',
  critical: 'critical',
};

export const stateOf = (node: Node): State => {
  if (node.severity !== null) return STATES[node.severity];
  return node.missing_since === null ? 'ok' : 'unknown';
};

export const wordOf = (node: Node): string => {
  const [first, ...rest] = node.alerts;
  if (first !== undefined)
    return rest.length > 0 ? `${first.title}, and ${rest.length} more` : first.title;
  return node.missing_since === null ? 'nothing is wrong' : 'not seen any more';
};
