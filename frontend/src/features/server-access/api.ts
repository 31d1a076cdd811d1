import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import { runToEnd } from '@/api/job-runs';
import { keyInstallReport } from '@/api/reports';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type HostKey = Schemas['HostKeyRead'];
export type Privileges = Schemas['PrivilegesRead'];
export type Server = Schemas['ServerRead'];

const at = (server_id: string) => ({ params: { path: { server_id } } });
const EVERYTHING = { params: { query: { per_page: 1000 } } } as const;

export const serverQuery = (id: string) =>
  queryOptions({
    queryKey: ['servers', 'one', id],
    queryFn: () => dataOf(api.GET('/api/infrastructure/servers/{server_id}', at(id))),
  });

export const hostKeysQuery = (id: string) =>
  queryOptions({
    queryKey: ['servers', 'host-keys', id],
    queryFn: () => dataOf(api.GET('/api/infrastructure/servers/{server_id}/host-keys', at(id))),
  });

export const privilegesQuery = (id: string) =>
  queryOptions({
    queryKey: ['servers', 'privileges', id],
    queryFn: () => dataOf(api.GET('/api/infrastructure/servers/{server_id}/privileges', at(id))),
  });

export const keyChoicesQuery = queryOptions({
  queryKey: ['ssh-keys', 'choices'],
  queryFn: async () => (await dataOf(api.GET('/api/credentials/ssh-keys', EVERYTHING))).items,
});

/** Everything that hangs on a server's login may have changed. */
function useRefresh() {
  const client = useQueryClient();
  return async () => {
    for (const noun of ['servers', 'overview', 'ssh-keys', 'logins'])
      await client.invalidateQueries({ queryKey: [noun] });
  };
}

export function useApprove(id: string) {
  return useMutation({
    mutationFn: (fingerprint: string) =>
      dataOf(
        api.POST('/api/infrastructure/servers/{server_id}/host-keys/approve', {
          ...at(id),
          body: { fingerprint },
        }),
      ),
    onSuccess: useRefresh(),
  });
}

export function useReject(id: string) {
  return useMutation({
    mutationFn: (fingerprint: string) =>
      dataOf(
        api.POST('/api/infrastructure/servers/{server_id}/host-keys/reject', {
          ...at(id),
          body: { fingerprint },
        }),
      ),
    onSuccess: useRefresh(),
  });
}

export function useInstallKey(id: string) {
  return useMutation({
    mutationFn: (body: { ssh_key_id: string; one_time_password: string | null }) =>
      runToEnd(
        dataOf(
          api.POST('/api/infrastructure/servers/{server_id}/install-key', {
            ...at(id),
            body: { ...body, authorized_keys_path: '' },
          }),
        ),
        keyInstallReport,
      ),
    onSuccess: useRefresh(),
  });
}
