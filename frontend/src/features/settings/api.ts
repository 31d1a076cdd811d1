import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';

export const systemQuery = queryOptions({
  queryKey: ['system', 'info'],
  queryFn: () => dataOf(api.GET('/api/system')),
});

export const featuresQuery = queryOptions({
  queryKey: ['system', 'features'],
  queryFn: async () => (await dataOf(api.GET('/api/system/features'))).features,
});

export const retentionQuery = queryOptions({
  queryKey: ['system', 'retention'],
  queryFn: () => dataOf(api.GET('/api/metrics/retention')),
});

export type Retention = components['schemas']['RetentionRead'];
export type RetentionWish = components['schemas']['RetentionWrite'];

export function useSetRetention(kind: Retention['kind']) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: RetentionWish) =>
      dataOf(api.PUT('/api/metrics/retention/{kind}', { params: { path: { kind } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: retentionQuery.queryKey }),
  });
}
