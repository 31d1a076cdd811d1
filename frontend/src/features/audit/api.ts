import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { TableState } from '@/lib/search';

type Schemas = components['schemas'];
export type AuditEntry = Schemas['AuditEntryRead'];
export type Sink = Schemas['SinkRead'];
export type SinkWrite = Schemas['SinkWrite'];

/** What an entry is about, in words. */
export const objectOf = ({ object_kind, object_name }: AuditEntry) =>
  `${object_kind.replaceAll('_', ' ')} ${object_name}`;

export const ENTRIES_AT_ONCE = 50;

/** The spans that the list can be cut to, by their word in the address. */
export const SPANS: Record<string, { label: string; seconds: number }> = {
  '1h': { label: 'last hour', seconds: 3_600 },
  '24h': { label: 'last 24 hours', seconds: 86_400 },
  '7d': { label: 'last 7 days', seconds: 604_800 },
  '30d': { label: 'last 30 days', seconds: 2_592_000 },
};

function since(span: unknown): string | undefined {
  const seconds = SPANS[String(span)]?.seconds;
  return seconds === undefined ? undefined : new Date(Date.now() - seconds * 1000).toISOString();
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');
function result(value: unknown): 'done' | 'failed' | undefined {
  return value === 'done' || value === 'failed' ? value : undefined;
}

function filterOf(search: TableState) {
  return {
    q: text(search.q),
    actor: text(search.actor),
    action: search.action === undefined ? '' : `${search.action}.`,
    result: result(search.result),
    since: since(search.span),
  };
}

export const auditQuery = (search: TableState) =>
  infiniteQueryOptions({
    queryKey: ['audit', 'list', search],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET('/api/audit', {
          params: {
            query: { ...filterOf(search), limit: ENTRIES_AT_ONCE, before: pageParam || undefined },
          },
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

/** Where the browser loads the file from, with the filters of the list. */
export function exportAddress(search: TableState, format: 'csv' | 'jsonl'): string {
  const query = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(filterOf(search))) if (value) query.set(name, value);
  return `/api/audit/export?${query.toString()}`;
}

/** Asked only on demand: it reads the whole log. */
export const verificationQuery = queryOptions({
  queryKey: ['audit', 'verification'],
  queryFn: () => dataOf(api.GET('/api/audit/verification')),
  enabled: false,
  staleTime: Infinity,
});

export const checkpointsQuery = queryOptions({
  queryKey: ['audit', 'checkpoints'],
  queryFn: () => dataOf(api.GET('/api/audit/checkpoints')),
  refetchInterval: 60_000,
});

export const sinksQuery = queryOptions({
  queryKey: ['audit', 'sinks'],
  queryFn: () => dataOf(api.GET('/api/audit/sinks')),
  refetchInterval: 60_000,
});

function useSinkMutation<T>(change: (value: T) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => client.invalidateQueries({ queryKey: ['audit', 'sinks'] }),
  });
}

const of = (sink: Sink) => ({ params: { path: { sink_id: sink.id } } });

export const useAddSink = () =>
  useSinkMutation((body: SinkWrite) => dataOf(api.POST('/api/audit/sinks', { body })));

export const useSwitchSink = () =>
  useSinkMutation(({ name, kind, target, is_enabled, ...sink }: Sink) =>
    dataOf(
      api.PUT('/api/audit/sinks/{sink_id}', {
        params: { path: { sink_id: sink.id } },
        body: { name, kind, target, is_enabled: !is_enabled },
      }),
    ),
  );

export const useDeleteSink = () =>
  useSinkMutation((sink: Sink) => dataOf(api.DELETE('/api/audit/sinks/{sink_id}', of(sink))));

export const useRetrySink = () =>
  useSinkMutation((sink: Sink) => dataOf(api.POST('/api/audit/sinks/{sink_id}/retry', of(sink))));
