import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import { runToEnd } from '@/api/job-runs';
import { collectReport, connectionReport, keyInstallReport, probeReport } from '@/api/reports';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Server = Schemas['ServerRead'];
export type SudoMode = Schemas['SudoMode'];

const EVERYTHING = { params: { query: { per_page: 1000 } } } as const;
const at = (server_id: string) => ({ params: { path: { server_id } } });

export const serverQuery = (id: string) =>
  queryOptions({
    queryKey: ['servers', 'one', id],
    queryFn: () => dataOf(api.GET('/api/infrastructure/servers/{server_id}', at(id))),
  });

export const serverChoicesQuery = queryOptions({
  queryKey: ['servers', 'choices'],
  queryFn: async () => (await dataOf(api.GET('/api/infrastructure/servers', EVERYTHING))).items,
});

export const keyChoicesQuery = queryOptions({
  queryKey: ['ssh-keys', 'choices'],
  queryFn: async () => (await dataOf(api.GET('/api/credentials/ssh-keys', EVERYTHING))).items,
});

export const loginChoicesQuery = queryOptions({
  queryKey: ['logins', 'choices'],
  queryFn: async () => (await dataOf(api.GET('/api/credentials/logins', EVERYTHING))).items,
});

export const approvedKeyQuery = (id: string) =>
  queryOptions({
    queryKey: ['servers', 'approved-host-key', id],
    queryFn: async () => {
      const keys = await dataOf(
        api.GET('/api/infrastructure/servers/{server_id}/host-keys', at(id)),
      );
      return keys.find((key) => key.state === 'approved') ?? null;
    },
  });

export const troublesQuery = (id: string) =>
  queryOptions({
    queryKey: ['servers', 'troubles', id],
    queryFn: () => dataOf(api.GET('/api/infrastructure/servers/{server_id}/facts', at(id))),
  });

export const probe = (body: Schemas['ProbeRequest']) =>
  runToEnd(dataOf(api.POST('/api/infrastructure/servers/probe', { body })), probeReport);

export const enterServer = (body: Schemas['ServerCreate']) =>
  dataOf(api.POST('/api/infrastructure/servers', { body }));

export const editServer = (id: string, body: Schemas['ServerEdit']) =>
  dataOf(api.PATCH('/api/infrastructure/servers/{server_id}', { ...at(id), body }));

export const enableServer = (id: string) =>
  dataOf(api.POST('/api/infrastructure/servers/{server_id}/enable', at(id)));

export const generateKey = (name: string) =>
  dataOf(api.POST('/api/credentials/ssh-keys', { body: { name, kind: 'ed25519' } }));

export const storeLogin = (body: Schemas['ServerCredentialCreate']) =>
  dataOf(api.POST('/api/credentials/logins', { body }));

export const editLogin = (login_id: string, body: Schemas['ServerCredentialEdit']) =>
  dataOf(api.PATCH('/api/credentials/logins/{login_id}', { params: { path: { login_id } }, body }));

export const installKey = (id: string, ssh_key_id: string, one_time_password: string) =>
  runToEnd(
    dataOf(
      api.POST('/api/infrastructure/servers/{server_id}/install-key', {
        ...at(id),
        body: { ssh_key_id, one_time_password, authorized_keys_path: '' },
      }),
    ),
    keyInstallReport,
  );

export const testConnection = (id: string) =>
  runToEnd(
    dataOf(api.POST('/api/infrastructure/servers/{server_id}/test', at(id))),
    connectionReport,
  );

export const collectNow = (id: string) =>
  runToEnd(
    dataOf(api.POST('/api/infrastructure/servers/{server_id}/collect', at(id))),
    collectReport,
  );
