import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type ImportRequest = Schemas['ImportRequest'];
export type ImportPlan = Schemas['ImportPlan'];
export type ImportLine = Schemas['ImportLine'];
export type ImportResult = Schemas['ImportResult'];

const EVERYTHING = { params: { query: { per_page: 1000 } } } as const;
const LOOK_AGAIN_MS = 3_000;

export const keyChoicesQuery = queryOptions({
  queryKey: ['ssh-keys', 'choices'],
  queryFn: async () => (await dataOf(api.GET('/api/credentials/ssh-keys', EVERYTHING))).items,
});

export const loginChoicesQuery = queryOptions({
  queryKey: ['logins', 'choices'],
  queryFn: async () => (await dataOf(api.GET('/api/credentials/logins', EVERYTHING))).items,
});

/** What became of the servers that were entered; asked again while the first contacts go on. */
export const enteredQuery = (ids: readonly string[]) =>
  queryOptions({
    queryKey: ['servers', 'entered', ids],
    queryFn: async () => {
      const page = await dataOf(api.GET('/api/infrastructure/servers', EVERYTHING));
      return page.items.filter((server) => ids.includes(server.id));
    },
    refetchInterval: LOOK_AGAIN_MS,
  });

export const offeredKeyQuery = (server_id: string) =>
  queryOptions({
    queryKey: ['servers', 'offered-host-key', server_id],
    queryFn: async () => {
      const keys = await dataOf(
        api.GET('/api/infrastructure/servers/{server_id}/host-keys', {
          params: { path: { server_id } },
        }),
      );
      return keys.find((key) => key.state === 'offered') ?? null;
    },
  });

export const usePreview = () =>
  useMutation({
    mutationFn: (body: ImportRequest) =>
      dataOf(api.POST('/api/infrastructure/servers/import/preview', { body })),
  });

export function useImport() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: ImportRequest) =>
      dataOf(api.POST('/api/infrastructure/servers/import', { body })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['servers'] });
      await client.invalidateQueries({ queryKey: ['overview'] });
    },
  });
}

export function useApprove(server_id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (fingerprint: string) =>
      dataOf(
        api.POST('/api/infrastructure/servers/{server_id}/host-keys/approve', {
          params: { path: { server_id } },
          body: { fingerprint },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ['servers'] }),
  });
}
