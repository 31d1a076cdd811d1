import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import { useChange, type RuleWish } from './api';

const of = (rule_id: string) => ({ params: { path: { rule_id } } });

export const rulesQuery = queryOptions({
  queryKey: ['alerts', 'rules'],
  queryFn: async () =>
    (await dataOf(api.GET('/api/alerts/rules', { params: { query: { per_page: 1000 } } }))).items,
});

export const ruleQuery = (id: string) =>
  queryOptions({
    queryKey: ['alerts', 'rules', id],
    queryFn: () => dataOf(api.GET('/api/alerts/rules/{rule_id}', of(id))),
  });

export const useSaveRule = (id: string | null) =>
  useChange((body: RuleWish) =>
    id === null
      ? dataOf(api.POST('/api/alerts/rules', { body }))
      : dataOf(api.PUT('/api/alerts/rules/{rule_id}', { ...of(id), body })),
  );
export const useDeleteRule = () =>
  useChange((id: string) => api.DELETE('/api/alerts/rules/{rule_id}', of(id)));
export const useCopyRule = () =>
  useChange((id: string) => dataOf(api.POST('/api/alerts/rules/{rule_id}/copy', of(id))));
export const useResetRule = () =>
  useChange((id: string) => dataOf(api.POST('/api/alerts/rules/{rule_id}/reset', of(id))));
export const useSwitchRule = () =>
  useChange(({ id, is_enabled }: { id: string; is_enabled: boolean }) =>
    dataOf(api.PUT('/api/alerts/rules/{rule_id}/enabled', { ...of(id), body: { is_enabled } })),
  );
export const useMuteRule = () =>
  useChange(({ id, until }: { id: string; until: string | null }) =>
    dataOf(api.PUT('/api/alerts/rules/{rule_id}/mute', { ...of(id), body: { until } })),
  );
