import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { TableState } from '@/lib/search';

type Schemas = components['schemas'];
export type Alert = Schemas['AlertRead'];
export type AlertDetail = Schemas['AlertDetail'];
export type AlertChart = Schemas['AlertChart'];
export type AlertHistory = Schemas['AlertHistory'];
export type Matcher = Schemas['Matcher'];
export type Silence = Schemas['SilenceRead'];
export type SilenceWish = Schemas['SilenceWrite'];
export type MaintenanceWindow = Schemas['WindowRead'];
export type WindowWish = Schemas['WindowWrite'];
export type Rule = Schemas['AlertRuleRead'];
export type RuleWish = Schemas['RuleWrite'];
export type RulePreview = Schemas['RulePreview'];
export type PreviewIncident = Schemas['PreviewIncident'];

// Every key begins with `alerts`, so that one live event makes all of them old.
export const ALERTS_PER_PAGE = 50;
const STATES = ['open', 'active', 'pending', 'firing', 'acknowledged', 'resolved'] as const;
const SEVERITIES = ['critical', 'warning', 'info'] as const;

function oneOf<T extends string>(words: readonly T[], text: unknown): T | undefined {
  return words.find((word) => word === text);
}

/** The list as the address says; without a state what is open, each cause once. */
export const alertsQuery = (search: TableState) =>
  queryOptions({
    queryKey: ['alerts', 'list', search],
    queryFn: () => {
      const state = oneOf(STATES, search.state) ?? 'open';
      return dataOf(
        api.GET('/api/alerts', {
          params: {
            query: {
              state,
              severity: oneOf(SEVERITIES, search.severity),
              domain: String(search.domain ?? ''),
              tag: String(search.tag ?? ''),
              is_muted: search.quiet === undefined ? undefined : search.quiet === 'yes',
              roots_only: state === 'open' && search.q === undefined,
              q: search.q ?? '',
              sort: search.sort ?? (state === 'resolved' ? '-resolved_at' : ''),
              page: search.page ?? 1,
              per_page: ALERTS_PER_PAGE,
            },
          },
        }),
      );
    },
    placeholderData: keepPreviousData,
  });

export const alertCountsQuery = queryOptions({
  queryKey: ['alerts', 'counts'],
  queryFn: () => dataOf(api.GET('/api/alerts/counts')),
});

export const consequencesQuery = (cause_id: string) =>
  queryOptions({
    queryKey: ['alerts', 'list', 'of', cause_id],
    queryFn: () =>
      dataOf(api.GET('/api/alerts', { params: { query: { cause_id, per_page: 200 } } })),
  });

export const alertQuery = (alert_id: string) =>
  queryOptions({
    queryKey: ['alerts', 'one', alert_id],
    queryFn: () => dataOf(api.GET('/api/alerts/{alert_id}', { params: { path: { alert_id } } })),
  });

export const alertHistoryQuery = (alert_id: string) =>
  queryOptions({
    queryKey: ['alerts', 'history', alert_id],
    queryFn: () =>
      dataOf(api.GET('/api/alerts/{alert_id}/history', { params: { path: { alert_id } } })),
  });

export interface Span {
  from: number;
  to: number;
}

export const seriesQuery = (
  resource: string,
  metric: string,
  labels: Record<string, string>,
  { from, to }: Span,
) =>
  queryOptions({
    queryKey: ['alerts', 'series', resource, metric, labels, from, to],
    queryFn: () =>
      dataOf(
        api.GET('/api/metrics/query', {
          params: {
            query: {
              metric,
              resource: [resource],
              labels: Object.keys(labels).length > 0 ? JSON.stringify(labels) : '',
              from: new Date(from * 1000).toISOString(),
              to: new Date(to * 1000).toISOString(),
              points: 300,
            },
          },
        }),
      ),
    enabled: metric !== '',
    placeholderData: keepPreviousData,
  });

/** A change, after which everything about alerts is asked again. */
export function useChange<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () => client.invalidateQueries({ queryKey: ['alerts'] }),
  });
}

export const useAcknowledge = () =>
  useChange((body: Schemas['AlertAcknowledge']) =>
    dataOf(api.POST('/api/alerts/acknowledge', { body })),
  );
export const useReopen = () =>
  useChange((ids: string[]) => dataOf(api.POST('/api/alerts/reopen', { body: { ids } })));
export const useSnooze = () =>
  useChange((body: Schemas['AlertSnooze']) => dataOf(api.POST('/api/alerts/snooze', { body })));
