import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Provider = Schemas['IdentityProviderRead'];
export type ProviderWrite = Schemas['IdentityProviderWrite'];
export type Role = Schemas['Role'];

const KEY = ['sign-on', 'providers'];
const of = (provider_id: string) => ({ params: { path: { provider_id } } });

export const providersQuery = queryOptions({
  queryKey: KEY,
  queryFn: () => dataOf(api.GET('/api/identity-providers')),
});

export const providerQuery = (id: string) =>
  queryOptions({
    queryKey: [...KEY, id],
    queryFn: () => dataOf(api.GET('/api/identity-providers/{provider_id}', of(id))),
  });

function useChange<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () => client.invalidateQueries({ queryKey: ['sign-on'] }),
  });
}

/** Adds a provider, or changes the one of this id. */
export const useSaveProvider = (id: string | null) =>
  useChange((body: ProviderWrite) =>
    id === null
      ? dataOf(api.POST('/api/identity-providers', { body }))
      : dataOf(api.PUT('/api/identity-providers/{provider_id}', { ...of(id), body })),
  );

/** Asks nothing again: the page of the provider that is gone is still open. */
export const useDeleteProvider = (id: string) =>
  useMutation({ mutationFn: () => api.DELETE('/api/identity-providers/{provider_id}', of(id)) });

export const useTestProvider = (id: string) =>
  useMutation({
    mutationFn: () => dataOf(api.POST('/api/identity-providers/{provider_id}/test', of(id))),
  });
