import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';

export const systemQuery = queryOptions({
  queryKey: ['system', 'info'],
  queryFn: () => dataOf(api.GET('/api/system')),
});

export const featuresQuery = queryOptions({
  queryKey: ['system', 'features'],
  queryFn: async () => (await dataOf(api.GET('/api/system/features'))).features,
});
