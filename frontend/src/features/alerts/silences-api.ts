import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import { useChange, type Matcher, type SilenceWish, type WindowWish } from './api';

export const silencesQuery = (state: 'active' | 'coming' | 'over') =>
  queryOptions({
    queryKey: ['alerts', 'silences', state],
    queryFn: () =>
      dataOf(api.GET('/api/alerts/silences', { params: { query: { state, per_page: 200 } } })),
  });

/** What matchers would keep quiet; asked while somebody writes them. */
export const effectQuery = (matchers: Matcher[]) =>
  queryOptions({
    queryKey: ['alerts', 'effect', matchers],
    queryFn: () => dataOf(api.POST('/api/alerts/silences/preview', { body: { matchers } })),
    enabled: matchers.length > 0,
    placeholderData: keepPreviousData,
    retry: false,
  });

export const useSilence = (id: string | null) =>
  useChange((body: SilenceWish) =>
    id === null
      ? dataOf(api.POST('/api/alerts/silences', { body }))
      : dataOf(
          api.PUT('/api/alerts/silences/{silence_id}', {
            params: { path: { silence_id: id } },
            body,
          }),
        ),
  );

export const useEndSilence = () =>
  useChange((silence_id: string) =>
    api.DELETE('/api/alerts/silences/{silence_id}', { params: { path: { silence_id } } }),
  );

export const windowsQuery = queryOptions({
  queryKey: ['alerts', 'windows'],
  queryFn: () => dataOf(api.GET('/api/alerts/windows')),
});

export const windowPreviewQuery = (body: WindowWish) =>
  queryOptions({
    queryKey: ['alerts', 'windows', 'preview', body],
    queryFn: () => dataOf(api.POST('/api/alerts/windows/preview', { body })),
    enabled: body.name !== '' && body.start !== '',
    placeholderData: keepPreviousData,
    retry: false,
  });

export const useSaveWindow = (id: string | null) =>
  useChange((body: WindowWish) =>
    id === null
      ? dataOf(api.POST('/api/alerts/windows', { body }))
      : dataOf(
          api.PUT('/api/alerts/windows/{window_id}', { params: { path: { window_id: id } }, body }),
        ),
  );

export const useDeleteWindow = () =>
  useChange((window_id: string) =>
    api.DELETE('/api/alerts/windows/{window_id}', { params: { path: { window_id } } }),
  );

export const useMaintenance = (resource_id: string) =>
  useChange((body: { until: string | null; reason: string }) =>
    api.PUT('/api/resources/{resource_id}/maintenance', {
      params: { path: { resource_id } },
      body,
    }),
  );
