import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Group = Schemas['GroupRead'];
export type GroupWrite = Schemas['GroupWrite'];
export type GroupRemoval = Schemas['GroupRemoval'];
export type GroupPerson = Schemas['GroupPerson'];

const of = (group_id: string) => ({ params: { path: { group_id } } });

export const groupsQuery = queryOptions({
  queryKey: ['resources', 'groups'],
  queryFn: () => dataOf(api.GET('/api/resources/groups')),
});

/** What a group holds, as far as a page shows it. */
export const membersQuery = (group: string) =>
  queryOptions({
    queryKey: ['resources', 'of-group', group],
    queryFn: () =>
      dataOf(api.GET('/api/resources', { params: { query: { group, per_page: 1000 } } })),
  });

export const peopleQuery = (groupId: string) =>
  queryOptions({
    queryKey: ['users', 'of-group', groupId],
    queryFn: () => dataOf(api.GET('/api/resources/groups/{group_id}/people', of(groupId))),
  });

export const removalQuery = (groupId: string) =>
  queryOptions({
    queryKey: ['resources', 'removal', groupId],
    queryFn: () => dataOf(api.GET('/api/resources/groups/{group_id}/removal', of(groupId))),
    staleTime: 0,
  });

/** A change to a group, after which all that shows its name or its members is asked again. */
function useChange<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () =>
      Promise.all(
        ['resources', 'servers', 'users'].map((noun) =>
          client.invalidateQueries({ queryKey: [noun] }),
        ),
      ),
  });
}

export const useMakeGroup = () =>
  useChange((body: GroupWrite) => dataOf(api.POST('/api/resources/groups', { body })));

export const useEditGroup = (groupId: string) =>
  useChange((body: GroupWrite) =>
    dataOf(api.PUT('/api/resources/groups/{group_id}', { ...of(groupId), body })),
  );

export const useDeleteGroup = (groupId: string) =>
  useChange(() => dataOf(api.DELETE('/api/resources/groups/{group_id}', of(groupId))));

export const useTakeOut = (group: string) =>
  useChange((ids: string[]) =>
    dataOf(api.POST('/api/resources/labels', { body: { ids, remove_groups: [group] } })),
  );

export const useGiveRole = (groupId: string) =>
  useChange(({ userId, role }: { userId: string; role: Schemas['GrantWrite']['role'] }) =>
    dataOf(
      api.PUT('/api/users/{user_id}/grants/{group_id}', {
        params: { path: { user_id: userId, group_id: groupId } },
        body: { role },
      }),
    ),
  );

export const useWithdrawRole = (groupId: string) =>
  useChange((userId: string) =>
    dataOf(
      api.DELETE('/api/users/{user_id}/grants/{group_id}', {
        params: { path: { user_id: userId, group_id: groupId } },
      }),
    ),
  );

export const GROUP_ROLES: Schemas['GrantWrite']['role'][] = ['viewer', 'operator', 'admin'];

export const usersQuery = queryOptions({
  queryKey: ['users', 'list'],
  queryFn: async () =>
    (await dataOf(api.GET('/api/users', { params: { query: { per_page: 1000 } } }))).items,
});
