// Who is signed in here. Everything that asks "may I" asks this.
import { queryOptions, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { api, dataOf } from './client';
import { setCsrfToken } from './csrf';
import type { components } from './schema';

export type SessionState = components['schemas']['SessionState'];
export type Permission = SessionState['permissions'][number];

/** Keeps the CSRF token of a session that was just told to us. */
export function remember(session: SessionState): SessionState {
  setCsrfToken(session.csrf_token);
  return session;
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async () => remember(await dataOf(api.GET('/api/auth/session'))),
  staleTime: 60_000,
});

/** The session; only under the shell's route, which has loaded it. */
export function useSession(): SessionState {
  return useSuspenseQuery(sessionQuery).data;
}

/** What a new password needs, in words and as a check; the server knows more than the length. */
export function usePasswordRule() {
  const shortest = useQueryClient().getQueryData(sessionQuery.queryKey)?.password_length ?? 12;
  return {
    hint: `At least ${shortest} characters; a few unrelated words are good.`,
    fault: (value: string) => (value.length < shortest ? `At least ${shortest} characters.` : null),
  };
}

/** Whether to offer something; the server decides for itself. */
export function useMay(permission: Permission): boolean {
  return useSession().permissions.includes(permission);
}
