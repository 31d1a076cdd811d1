// The global search: one question finds servers, disks, keys, alerts, users, jobs, tags and views.
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, dataOf } from './client';
import type { components } from './schema';

export type SearchHit = components['schemas']['SearchHit'];

const MOST = 20;
/** Shorter ones would find nearly everything. */
const SHORTEST = 2;

export const searchQuery = (words: string) =>
  queryOptions({
    queryKey: ['search', words],
    queryFn: ({ signal }) =>
      dataOf(api.GET('/api/search', { params: { query: { q: words, limit: MOST } }, signal })),
    enabled: words.length >= SHORTEST,
    staleTime: 10_000,
    placeholderData: keepPreviousData,
  });

export const startCollection = (server_id: string) =>
  dataOf(
    api.POST('/api/infrastructure/servers/{server_id}/collect', {
      params: { path: { server_id } },
    }),
  );

export const runJob = (name: string) =>
  dataOf(api.POST('/api/jobs/{name}/run', { params: { path: { name } } }));
