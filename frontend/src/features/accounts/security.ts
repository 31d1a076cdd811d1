// The own second factor, and the accounts at providers that open the own account.
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';

export const secondFactorQuery = queryOptions({
  queryKey: ['second-factor'],
  queryFn: () => dataOf(api.GET('/api/auth/second-factor')),
});

export const linksQuery = queryOptions({
  queryKey: ['links'],
  queryFn: () => dataOf(api.GET('/api/auth/links')),
});

function useOwnChange<Input, Output>(
  nouns: string[],
  mutationFn: (input: Input) => Promise<Output>,
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    // What holds a secret is not kept after its dialog.
    gcTime: 0,
    onSuccess: () =>
      Promise.all(nouns.map((noun) => client.invalidateQueries({ queryKey: [noun] }))),
  });
}

export const useBeginEnrolment = () =>
  useOwnChange([], () => dataOf(api.POST('/api/auth/second-factor')));

export const useConfirmEnrolment = () =>
  useOwnChange(['second-factor', 'session', 'sessions'], (code: string) =>
    dataOf(api.POST('/api/auth/second-factor/confirm', { body: { code } })),
  );

export const useRenewCodes = () =>
  useOwnChange(['second-factor'], () => dataOf(api.POST('/api/auth/second-factor/recovery-codes')));

export const useTurnOff = () =>
  useOwnChange(['second-factor', 'session'], () => api.DELETE('/api/auth/second-factor'));

export const useLink = () =>
  useMutation({
    mutationFn: (provider_id: string) =>
      dataOf(api.POST('/api/auth/links', { body: { provider_id } })),
    onSuccess: ({ url }) => location.assign(url),
  });

export const useUnlink = () =>
  useOwnChange(['links'], (link_id: string) =>
    api.DELETE('/api/auth/links/{link_id}', { params: { path: { link_id } } }),
  );
