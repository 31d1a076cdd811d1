import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import { runToEnd } from '@/api/job-runs';
import { messageReport } from '@/api/reports';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type SSHKey = Schemas['SSHKeyRead'];
export type Login = Schemas['ServerCredentialRead'];
export type Deployment = Schemas['DeploymentRead'];

const EVERYTHING = { params: { query: { per_page: 1000 } } } as const;
const atKey = (key_id: string) => ({ params: { path: { key_id } } });
const atLogin = (login_id: string) => ({ params: { path: { login_id } } });

export const keysQuery = queryOptions({
  queryKey: ['ssh-keys', 'list'],
  queryFn: async () => (await dataOf(api.GET('/api/credentials/ssh-keys', EVERYTHING))).items,
});

export const keyQuery = (id: string) =>
  queryOptions({
    queryKey: ['ssh-keys', 'one', id],
    queryFn: () => dataOf(api.GET('/api/credentials/ssh-keys/{key_id}', atKey(id))),
  });

export const deploymentsQuery = (id: string) =>
  queryOptions({
    queryKey: ['ssh-keys', 'deployments', id],
    queryFn: () => dataOf(api.GET('/api/credentials/ssh-keys/{key_id}/deployments', atKey(id))),
  });

export const loginsQuery = queryOptions({
  queryKey: ['logins', 'list'],
  queryFn: async () => (await dataOf(api.GET('/api/credentials/logins', EVERYTHING))).items,
});

export const loginQuery = (id: string) =>
  queryOptions({
    queryKey: ['logins', 'one', id],
    queryFn: () => dataOf(api.GET('/api/credentials/logins/{login_id}', atLogin(id))),
  });

/** The servers that log in with a key or a login. */
export const usersQuery = (noun: 'ssh-keys' | 'logins', id: string) =>
  queryOptions({
    queryKey: [noun, 'users', id],
    queryFn: async () => {
      const edges = await dataOf(
        api.GET('/api/resources/{resource_id}/edges', { params: { path: { resource_id: id } } }),
      );
      return edges
        .filter((edge) => edge.kind === 'uses' && edge.target_id === id)
        .map((edge) => ({ id: edge.source_id, name: edge.source_name }));
    },
  });

function useChange<Input, Output>(noun: string, mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: [noun] });
      await client.invalidateQueries({ queryKey: ['servers'] });
    },
  });
}

export const useGenerateKey = () =>
  useChange('ssh-keys', (body: Schemas['SSHKeyGenerate']) =>
    dataOf(api.POST('/api/credentials/ssh-keys', { body })),
  );

export const useImportKey = () =>
  useChange('ssh-keys', (body: Schemas['SSHKeyImport']) =>
    dataOf(api.POST('/api/credentials/ssh-keys/import', { body })),
  );

export const useRenameKey = (id: string) =>
  useChange('ssh-keys', (name: string) =>
    dataOf(api.PATCH('/api/credentials/ssh-keys/{key_id}', { ...atKey(id), body: { name } })),
  );

export const useRemoveKey = (ssh_key_id: string) =>
  useChange('ssh-keys', (server_id: string) =>
    runToEnd(
      dataOf(
        api.POST('/api/infrastructure/servers/{server_id}/remove-key', {
          params: { path: { server_id } },
          body: { ssh_key_id },
        }),
      ),
      messageReport,
    ),
  );

export const useStoreLogin = () =>
  useChange('logins', (body: Schemas['ServerCredentialCreate']) =>
    dataOf(api.POST('/api/credentials/logins', { body })),
  );

export const useEditLogin = (id: string) =>
  useChange('logins', (body: Schemas['ServerCredentialEdit']) =>
    dataOf(api.PATCH('/api/credentials/logins/{login_id}', { ...atLogin(id), body })),
  );

/** Forgets a thing for good. Its own page must not ask for it again, so only the list is renewed. */
function useDelete(noun: 'ssh-keys' | 'logins', remove: () => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: remove,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: [noun, 'list'] });
      await client.invalidateQueries({ queryKey: [noun, 'choices'] });
    },
  });
}

export const useDeleteKey = (id: string) =>
  useDelete('ssh-keys', () => api.DELETE('/api/credentials/ssh-keys/{key_id}', atKey(id)));

export const useDeleteLogin = (id: string) =>
  useDelete('logins', () => api.DELETE('/api/credentials/logins/{login_id}', atLogin(id)));
