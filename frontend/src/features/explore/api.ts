import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { basePath } from '@/api/base';
import { api, dataOf } from '@/api/client';
import { refreshSeconds, resolveRange, type TimeRange } from '@/lib/ranges';
import { BEFORE, movedOnto, type Before } from './lines';

const POINTS = 300;

export interface ExploreSearch extends TimeRange {
  metric?: string;
  /** Ids of resources, with commas between. */
  on?: string;
  before?: string;
}

export const metricsQuery = queryOptions({
  queryKey: ['explore', 'metrics'],
  queryFn: () => dataOf(api.GET('/api/metrics/names')),
});

export const resourcesQuery = (metric: string) =>
  queryOptions({
    queryKey: ['explore', 'resources', metric],
    queryFn: () => dataOf(api.GET('/api/metrics/resources', { params: { query: { metric } } })),
    enabled: metric !== '',
  });

const iso = (seconds: number) => new Date(seconds * 1000).toISOString();

const read = (metric: string, resource: string[], from: number, to: number) =>
  dataOf(
    api.GET('/api/metrics/query', {
      params: { query: { metric, resource, points: POINTS, from: iso(from), to: iso(to) } },
    }),
  );

export const linesQuery = (
  metric: string,
  resources: readonly string[],
  range: TimeRange,
  before: Before | undefined,
) =>
  queryOptions({
    queryKey: ['explore', 'lines', metric, resources, range, before],
    queryFn: async () => {
      const { from, to } = resolveRange(range, Math.floor(Date.now() / 1000));
      const back = BEFORE.find(({ value }) => value === before)?.seconds;
      const [now, older] = await Promise.all([
        read(metric, [...resources], from, to),
        back === undefined ? null : read(metric, [...resources], from - back, to - back),
      ]);
      const moved = older && back !== undefined ? movedOnto(now.times, older, back) : null;
      return { from, to, now, older: moved };
    },
    enabled: metric !== '' && resources.length > 0,
    refetchInterval: refreshSeconds(range) === false ? false : Number(refreshSeconds(range)) * 1000,
    placeholderData: keepPreviousData,
  });

/** Where the browser loads the file from. */
export function csvAddress(metric: string, resources: readonly string[], range: TimeRange): string {
  const { from, to } = resolveRange(range, Math.floor(Date.now() / 1000));
  const query = new URLSearchParams({ metric, from: iso(from), to: iso(to), points: '1000' });
  for (const id of resources) query.append('resource', id);
  return `${basePath}/api/metrics/export?${query.toString()}`;
}
