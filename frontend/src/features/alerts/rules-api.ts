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

// Where a rule may look; the keys are those of the same lists elsewhere.
export const serversQuery = queryOptions({
  queryKey: ['servers', 'names'],
  queryFn: async () =>
    (
      await dataOf(
        api.GET('/api/infrastructure/servers', { params: { query: { per_page: 1000 } } }),
      )
    ).items,
});
export const groupsQuery = queryOptions({
  queryKey: ['resources', 'groups', 'names'],
  queryFn: () => dataOf(api.GET('/api/resources/groups')),
});
export const tagsQuery = queryOptions({
  queryKey: ['resources', 'tags', 'names'],
  queryFn: async () => (await dataOf(api.GET('/api/resources/tags'))).map(({ tag }) => tag),
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
