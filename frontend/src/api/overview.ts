// The overview is asked for in one question; lists, badges and the palette read from the same answer.
import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Overview = Schemas['Overview'];
export type ServerTile = Schemas['ServerTile'];
export type ServerProblem = Schemas['ServerProblem'];

export const overviewQuery = queryOptions({
  queryKey: ['overview'],
  queryFn: () => dataOf(api.GET('/api/infrastructure/overview')),
  // Events bring what changed; this catches what grows old by itself, such as a server that fell silent.
  refetchInterval: 30_000,
});
