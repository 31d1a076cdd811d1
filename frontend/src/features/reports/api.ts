import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { basePath } from '@/api/base';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { TableState } from '@/lib/search';

type Schemas = components['schemas'];
export type HealthReport = Schemas['HealthReportRead'];
export type HealthReportWish = Schemas['HealthReportWrite'];
export type ReportIssue = Schemas['ReportIssueRead'];

const KEY = 'reports';
const REPORTS = '/api/infrastructure/reports';
export const PER_PAGE = 25;

export const reportsQuery = queryOptions({
  queryKey: [KEY, 'planned'],
  queryFn: () => dataOf(api.GET('/api/infrastructure/reports')),
  refetchInterval: 60_000,
});

export const issuesQuery = (search: TableState) => {
  const query = {
    page: search.page ?? 1,
    per_page: PER_PAGE,
    sort: search.sort ?? '-made_at',
    q: search.q ?? '',
  };
  return queryOptions({
    queryKey: [KEY, 'issues', query],
    queryFn: () => dataOf(api.GET('/api/infrastructure/reports/issues', { params: { query } })),
    placeholderData: keepPreviousData,
  });
};

export const issueQuery = (issue_id: string) =>
  queryOptions({
    queryKey: [KEY, 'issue', issue_id],
    queryFn: () =>
      dataOf(
        api.GET('/api/infrastructure/reports/issues/{issue_id}', {
          params: { path: { issue_id } },
        }),
      ),
  });

export const previewQuery = (group_id: string | undefined, name: string | undefined) =>
  queryOptions({
    queryKey: [KEY, 'preview', group_id, name],
    queryFn: () =>
      dataOf(
        api.GET('/api/infrastructure/reports/preview', { params: { query: { group_id, name } } }),
      ),
    gcTime: 0, // what is true now, each time that it is opened
  });

/** The mail itself, for a frame. */
export const issuePage = (id: string) => `${basePath}${REPORTS}/issues/${id}/page`;

export function previewPage(group: string | undefined, name: string | undefined): string {
  const query = new URLSearchParams();
  if (group !== undefined) query.set('group_id', group);
  if (name !== undefined) query.set('name', name);
  return `${basePath}${REPORTS}/preview/page?${query.toString()}`;
}

export const channelNamesQuery = queryOptions({
  queryKey: ['notifications', 'channel-names'],
  queryFn: () => dataOf(api.GET('/api/notifications/channel-names')),
});

export const groupNamesQuery = queryOptions({
  queryKey: ['resources', 'groups', 'names'],
  queryFn: () => dataOf(api.GET('/api/resources/groups')),
});

function useChange<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () => client.invalidateQueries({ queryKey: [KEY] }),
  });
}

const report = (report_id: string) => ({ params: { path: { report_id } } });

/** Plans a report, or changes the one of this id. */
export const useSaveReport = (id: string | null) =>
  useChange((body: HealthReportWish) =>
    id === null
      ? dataOf(api.POST('/api/infrastructure/reports', { body }))
      : dataOf(api.PUT('/api/infrastructure/reports/{report_id}', { ...report(id), body })),
  );

export const useDeleteReport = (id: string) =>
  useChange(() => api.DELETE('/api/infrastructure/reports/{report_id}', report(id)));

export const useSendReport = (id: string) =>
  useChange(() => dataOf(api.POST('/api/infrastructure/reports/{report_id}/send', report(id))));
