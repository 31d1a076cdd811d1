import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type AlarmChannel = Schemas['AlarmChannelRead'];
export type ChannelKind = Schemas['ChannelKind'];

export const alarmQuery = queryOptions({
  queryKey: ['settings', 'alarm'],
  queryFn: () => dataOf(api.GET('/api/settings/alarm')),
});

export const systemQuery = queryOptions({
  queryKey: ['system', 'info'],
  queryFn: () => dataOf(api.GET('/api/system')),
});

export const featuresQuery = queryOptions({
  queryKey: ['system', 'features'],
  queryFn: async () => (await dataOf(api.GET('/api/system/features'))).features,
});

export function useSaveAlarm() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas['AlarmChannelWrite']) =>
      dataOf(api.PUT('/api/settings/alarm', { body })),
    onSuccess: (channel) => client.setQueryData(alarmQuery.queryKey, channel),
  });
}

export function useForgetAlarm() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.DELETE('/api/settings/alarm'),
    onSuccess: () => client.invalidateQueries(alarmQuery),
  });
}

export function useTestAlarm() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => dataOf(api.POST('/api/settings/alarm/test')),
    onSuccess: () => client.invalidateQueries(alarmQuery),
  });
}
