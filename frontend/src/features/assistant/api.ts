import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { TableState } from '@/lib/search';

type Schemas = components['schemas'];
export type Settings = Schemas['AssistantSettingsRead'];
export type SettingsWish = Schemas['AssistantSettingsWrite'];
export type TestResult = Schemas['AssistantTest'];
export type Usage = Schemas['AssistantUsage'];
export type Exchange = Schemas['ExchangeRead'];
export type ExchangeDetail = Schemas['ExchangeDetail'];

export const EXCHANGES_PER_PAGE = 25;
const FEATURES = ['ask', 'explain', 'test'] as const satisfies readonly Exchange['feature'][];
const STATES = [
  'answered',
  'failed',
  'left',
  'running',
] as const satisfies readonly Exchange['state'][];

export const settingsQuery = queryOptions({
  queryKey: ['assistant', 'settings'],
  queryFn: () => dataOf(api.GET('/api/assistant/settings')),
});

export const usageQuery = queryOptions({
  queryKey: ['assistant', 'usage'],
  queryFn: () => dataOf(api.GET('/api/assistant/usage')),
});

export const exchangesQuery = (search: TableState) =>
  queryOptions({
    queryKey: ['assistant', 'exchanges', search],
    queryFn: () =>
      dataOf(
        api.GET('/api/assistant/exchanges', {
          params: {
            query: {
              feature: FEATURES.find((word) => word === search.feature),
              state: STATES.find((word) => word === search.state),
              q: search.q ?? '',
              sort: search.sort ?? '',
              page: search.page ?? 1,
              per_page: EXCHANGES_PER_PAGE,
            },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const exchangeQuery = (exchange_id: string) =>
  queryOptions({
    queryKey: ['assistant', 'exchange', exchange_id],
    queryFn: () =>
      dataOf(
        api.GET('/api/assistant/exchanges/{exchange_id}', { params: { path: { exchange_id } } }),
      ),
  });

export function useSaveSettings() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: SettingsWish) => dataOf(api.PUT('/api/assistant/settings', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['assistant'] }),
  });
}

export function useTestSettings() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: SettingsWish) => dataOf(api.POST('/api/assistant/settings/test', { body })),
    // The test is recorded and counted like any other use.
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ['assistant', 'usage'] });
      await client.invalidateQueries({ queryKey: ['assistant', 'exchanges'] });
    },
  });
}

type Streamed = Promise<{ data?: ReadableStream<Uint8Array> | null }>;

export const explainAlert = (alert_id: string, signal: AbortSignal): Streamed =>
  api.POST('/api/assistant/alerts/{alert_id}/explanation', {
    params: { path: { alert_id } },
    parseAs: 'stream',
    signal,
  });

export const askQuestion = (question: string, signal: AbortSignal): Streamed =>
  api.POST('/api/assistant/questions', { body: { question }, parseAs: 'stream', signal });
