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

export const useLogOut = () =>
  useMutation({ mutationFn: () => dataOf(api.POST('/api/auth/logout')) });

/** The second step: a code of the app, or a recovery code. */
export const useGiveCode = () =>
  useEnter((code: string) => dataOf(api.POST('/api/auth/login/code', { body: { code } })));

export const useBeginDemanded = () =>
  useMutation({ mutationFn: () => dataOf(api.POST('/api/auth/login/enrolment')) });

/** Answers the recovery codes; the person is in, and the page goes on when they are kept. */
export const useConfirmDemanded = () =>
  useMutation({
    mutationFn: (code: string) =>
      dataOf(api.POST('/api/auth/login/enrolment/confirm', { body: { code } })),
  });

export const useSignOn = () =>
  useMutation({
    mutationFn: (provider_id: string) =>
      dataOf(api.POST('/api/auth/sign-on', { body: { provider_id } })),
    onSuccess: ({ url }) => location.assign(url),
  });

export function useFinishSignOn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas['SignOnReturn']) =>
      dataOf(api.POST('/api/auth/sign-on/finish', { body })),
    onSuccess: ({ session }) => {
      if (session) client.setQueryData(sessionQuery.queryKey, remember(session));
      else void client.invalidateQueries();
    },
  });
}

export const useSignOnStepUp = () =>
  useMutation({
    mutationFn: (provider_id: string) =>
      dataOf(api.POST('/api/auth/sign-on/step-up', { body: { provider_id } })),
    onSuccess: ({ url }) => location.assign(url),
  });
