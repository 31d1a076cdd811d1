import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import { remember, sessionQuery, type SessionState } from '@/api/session';

type Schemas = components['schemas'];

function useEnter<Input>(enter: (input: Input) => Promise<SessionState>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (input: Input) => remember(await enter(input)),
    onSuccess: (session) => client.setQueryData(sessionQuery.queryKey, session),
  });
}

export const useLogIn = () =>
  useEnter((body: Schemas['Login']) => dataOf(api.POST('/api/auth/login', { body })));

export const useSetUp = () =>
  useEnter((body: Schemas['Setup']) => dataOf(api.POST('/api/auth/setup', { body })));

export const useLogOut = () => useMutation({ mutationFn: () => api.POST('/api/auth/logout') });
