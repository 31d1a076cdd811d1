import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { TableState } from '@/lib/search';

type Schemas = components['schemas'];
export type AuditEntry = Schemas['AuditEntryRead'];

export const ENTRIES_PER_PAGE = 50;

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

export const auditQuery = (search: TableState) =>
  queryOptions({
    queryKey: ['audit', 'list', search],
    queryFn: () =>
      dataOf(
        api.GET('/api/audit', {
          params: {
            query: {
              page: search.page ?? 1,
              per_page: ENTRIES_PER_PAGE,
              sort: search.sort ?? '',
              q: search.q ?? '',
              action: search.action === undefined ? '' : `${search.action}.`,
              since: since(search.span),
            },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** Asked only on demand: it reads the whole log. */
export const verificationQuery = queryOptions({
  queryKey: ['audit', 'verification'],
  queryFn: () => dataOf(api.GET('/api/audit/verification')),
  enabled: false,
  staleTime: Infinity,
});
