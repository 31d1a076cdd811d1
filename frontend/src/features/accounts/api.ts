import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type User = Schemas['UserRead'];
export type Role = Schemas['Role'];
export type Session = Schemas['SessionRead'];
export type Token = Schemas['TokenRead'];
export type NewToken = Schemas['TokenCreated'];

const EVERYTHING = { per_page: 1000 } as const;
const of = (user_id: string) => ({ params: { path: { user_id } } });

export const usersQuery = queryOptions({
  queryKey: ['users', 'list'],
  queryFn: async () =>
    (await dataOf(api.GET('/api/users', { params: { query: EVERYTHING } }))).items,
});

export const userQuery = (id: string) =>
  queryOptions({
    queryKey: ['users', 'one', id],
    queryFn: () => dataOf(api.GET('/api/users/{user_id}', of(id))),
  });

export const rolesQuery = queryOptions({
  queryKey: ['roles'],
  queryFn: () => dataOf(api.GET('/api/roles')),
  staleTime: Infinity,
});

export const ownSessionsQuery = queryOptions({
  queryKey: ['sessions', 'own'],
  queryFn: () => dataOf(api.GET('/api/auth/sessions')),
});

export const userSessionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['sessions', id],
    queryFn: () => dataOf(api.GET('/api/users/{user_id}/sessions', of(id))),
  });

export const tokensQuery = (all: boolean) =>
  queryOptions({
    queryKey: ['tokens', all ? 'all' : 'own'],
    queryFn: async () =>
      (await dataOf(api.GET('/api/tokens', { params: { query: { ...EVERYTHING, all } } }))).items,
  });

export const userTokensQuery = (id: string) =>
  queryOptions({
    queryKey: ['tokens', id],
    queryFn: async () =>
      (
        await dataOf(
          api.GET('/api/users/{user_id}/tokens', {
            params: { path: { user_id: id }, query: EVERYTHING },
          }),
        )
      ).items,
  });

/** A change, after which everything of these nouns is asked again. */
function useChange<Input, Output>(nouns: string[], mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () =>
      Promise.all(nouns.map((noun) => client.invalidateQueries({ queryKey: [noun] }))),
  });
}

export const useAddUser = () =>
  useChange(['users'], (body: Schemas['UserCreate']) => dataOf(api.POST('/api/users', { body })));

export const useChangeUser = (id: string) =>
  useChange(['users', 'sessions', 'session'], (body: Schemas['UserUpdate']) =>
    dataOf(api.PATCH('/api/users/{user_id}', { ...of(id), body })),
  );

/** Asks nothing again: the page of the user that is gone is still open. */
export const useDeleteUser = (id: string) =>
  useMutation({ mutationFn: () => api.DELETE('/api/users/{user_id}', of(id)) });

export const useResetPassword = (id: string) =>
  useChange(['users', 'sessions'], (password: string) =>
    api.POST('/api/users/{user_id}/password', { ...of(id), body: { password } }),
  );

export const useChangePassword = () =>
  useChange(['session', 'sessions'], (body: Schemas['PasswordChange']) =>
    api.POST('/api/auth/password', { body }),
  );

export const useChangeProfile = () =>
  useChange(['session', 'users'], (body: Schemas['ProfileUpdate']) =>
    dataOf(api.PATCH('/api/auth/profile', { body })),
  );

export const useEndOwnSession = () =>
  useChange(['sessions'], (session_id: string) =>
    api.DELETE('/api/auth/sessions/{session_id}', { params: { path: { session_id } } }),
  );

export const useEndOtherSessions = () =>
  useChange(['sessions'], () => dataOf(api.DELETE('/api/auth/sessions')));

export const useEndUserSession = (user_id: string) =>
  useChange(['sessions'], (session_id: string) =>
    api.DELETE('/api/users/{user_id}/sessions/{session_id}', {
      params: { path: { user_id, session_id } },
    }),
  );

export const useMakeToken = () =>
  useChange(['tokens'], (body: Schemas['TokenCreate']) =>
    dataOf(api.POST('/api/tokens', { body })),
  );

export const useRevokeToken = () =>
  useChange(['tokens'], (token_id: string) =>
    api.DELETE('/api/tokens/{token_id}', { params: { path: { token_id } } }),
  );

export const useEndUserSessions = (user_id: string) =>
  useChange(['sessions'], () => dataOf(api.DELETE('/api/users/{user_id}/sessions', of(user_id))));

export const useResetSecondFactor = (user_id: string) =>
  useChange(['users', 'sessions'], () =>
    api.DELETE('/api/users/{user_id}/second-factor', of(user_id)),
  );
