import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
export type Destination = Schemas['DestinationRead'];
export type DestinationWrite = Schemas['DestinationWrite'];
export type DestinationKind = Schemas['DestinationKind'];
export type Backup = Schemas['BackupRead'];
export type Drill = Schemas['DrillRead'];

const KEY = 'backup';
const OPEN_MS = 2_000;
const IDLE_MS = 30_000;
const at = (destination_id: string) => ({ params: { path: { destination_id } } });

export const settingsQuery = queryOptions({
  queryKey: [KEY, 'settings'],
  queryFn: () => dataOf(api.GET('/api/backups/settings')),
});

export const destinationsQuery = queryOptions({
  queryKey: [KEY, 'destinations'],
  queryFn: () => dataOf(api.GET('/api/backups/destinations')),
});

const newest = { params: { query: { per_page: 20 } } } as const;

export const backupsQuery = queryOptions({
  queryKey: [KEY, 'list'],
  queryFn: async () => (await dataOf(api.GET('/api/backups', newest))).items,
  // A backup that is under way moves on by itself.
  refetchInterval: ({ state }) =>
    state.data?.some((backup) => backup.state === 'running') ? OPEN_MS : IDLE_MS,
});

export const drillsQuery = queryOptions({
  queryKey: [KEY, 'drills'],
  queryFn: async () => (await dataOf(api.GET('/api/backups/drills', newest))).items,
  refetchInterval: IDLE_MS,
});

/** The job behind a schedule: when it runs next, and whether it is paused. */
export const scheduleQuery = (name: string) =>
  queryOptions({
    queryKey: ['jobs', 'schedule', name],
    queryFn: () => dataOf(api.GET('/api/jobs/{name}', { params: { path: { name } } })),
    refetchInterval: IDLE_MS,
  });

function useBackupMutation<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: () => void client.invalidateQueries({ queryKey: [KEY] }),
  });
}

export const useSetPassphrase = () =>
  useBackupMutation((passphrase: string) =>
    dataOf(api.PUT('/api/backups/passphrase', { body: { passphrase } })),
  );

export const useSaveDestination = (id: string | null) =>
  useBackupMutation((body: DestinationWrite) =>
    dataOf(
      id === null
        ? api.POST('/api/backups/destinations', { body })
        : api.PUT('/api/backups/destinations/{destination_id}', { ...at(id), body }),
    ),
  );

export const useForgetDestination = () =>
  useBackupMutation((id: string) =>
    api.DELETE('/api/backups/destinations/{destination_id}', at(id)),
  );

export const useTestDestination = () =>
  useMutation({
    mutationFn: (id: string) =>
      dataOf(api.POST('/api/backups/destinations/{destination_id}/test', at(id))),
  });

export const useBackUpNow = () =>
  useBackupMutation((destination_id: string | null) =>
    dataOf(api.POST('/api/backups', { body: { destination_id } })),
  );

export const useDrillNow = () =>
  useBackupMutation((destination_id: string | null) =>
    dataOf(api.POST('/api/backups/drills', { body: { destination_id } })),
  );

/** Fetches the encrypted file and hands it to the browser. */
export const useDownload = () =>
  useMutation({
    mutationFn: async ({ id, file_name }: Backup) => {
      const { data } = await api.GET('/api/backups/{backup_id}/archive', {
        params: { path: { backup_id: id } },
        parseAs: 'blob',
      });
      const url = URL.createObjectURL(data as unknown as Blob);
      const link = document.createElement('a');
      link.href = url;
      link.download = file_name;
      link.click();
      URL.revokeObjectURL(url);
    },
  });
