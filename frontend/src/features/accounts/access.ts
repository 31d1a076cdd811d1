import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Grant = Schemas['RoleGrantRead'];
export type GroupRole = Schemas['GrantWrite']['role'];
export type ServiceAccount = Schemas['ServiceAccountRead'];

export const GROUP_ROLES: GroupRole[] = ['viewer', 'operator', 'admin'];

export const groupsQuery = queryOptions({
  queryKey: ['resources', 'groups'],
  queryFn: () => dataOf(api.GET('/api/resources/groups')),
});

export const grantsQuery = (user_id: string) =>
  queryOptions({
    queryKey: ['users', 'grants', user_id],
    queryFn: () =>
      dataOf(api.GET('/api/users/{user_id}/grants', { params: { path: { user_id } } })),
  });

export const groupPeopleQuery = (group_id: string) =>
  queryOptions({
    queryKey: ['users', 'of-group', group_id],
    queryFn: () =>
      dataOf(
        api.GET('/api/resources/groups/{group_id}/people', { params: { path: { group_id } } }),
      ),
  });

export const serviceAccountsQuery = queryOptions({
  queryKey: ['users', 'service-accounts'],
  queryFn: async () =>
    (await dataOf(api.GET('/api/service-accounts', { params: { query: { per_page: 1000 } } })))
      .items,
});

export const serviceAccountQuery = (user_id: string) =>
  queryOptions({
    queryKey: ['users', 'service-accounts', user_id],
    queryFn: () =>
      dataOf(api.GET('/api/service-accounts/{user_id}', { params: { path: { user_id } } })),
  });

function useAccessChange<T>(change: (value: T) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => client.invalidateQueries({ queryKey: ['users'] }),
  });
}

export const useGiveGrant = (user_id: string) =>
  useAccessChange(({ group_id, role }: { group_id: string; role: GroupRole }) =>
    dataOf(
      api.PUT('/api/users/{user_id}/grants/{group_id}', {
        params: { path: { user_id, group_id } },
        body: { role },
      }),
    ),
  );

export const useWithdrawGrant = (user_id: string) =>
  useAccessChange((group_id: string) =>
    dataOf(
      api.DELETE('/api/users/{user_id}/grants/{group_id}', {
        params: { path: { user_id, group_id } },
      }),
    ),
  );

export const useAddServiceAccount = () =>
  useAccessChange((body: Schemas['ServiceAccountCreate']) =>
    dataOf(api.POST('/api/service-accounts', { body })),
  );

export const useEditServiceAccount = () =>
  useAccessChange(({ id, is_disabled }: ServiceAccount) =>
    dataOf(
      api.PATCH('/api/service-accounts/{user_id}', {
        params: { path: { user_id: id } },
        body: { is_disabled: !is_disabled },
      }),
    ),
  );

export const useDeleteServiceAccount = () =>
  useAccessChange((account: ServiceAccount) =>
    dataOf(
      api.DELETE('/api/service-accounts/{user_id}', { params: { path: { user_id: account.id } } }),
    ),
  );
