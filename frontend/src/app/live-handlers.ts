// Which cached questions an event makes old. Keys begin with the noun, so that one line covers the
// list, the page of one thing and what stands on the overview.
import type { QueryClient } from '@tanstack/react-query';
import type { LiveHandlers } from '@/api/live';
import { overviewQuery } from '@/api/overview';

const PAUSE_MS = 1_000;
const PAUSE_A_SERVER_MS = 10;

/** Asks at once, and then at most once a pause however many events come. */
function calmed(ask: (client: QueryClient) => void, pause: (client: QueryClient) => number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isDueAgain = false;
  const run = (client: QueryClient) => {
    if (timer !== undefined) {
      isDueAgain = true;
      return;
    }
    ask(client);
    timer = setTimeout(() => {
      timer = undefined;
      if (isDueAgain) {
        isDueAgain = false;
        run(client);
      }
    }, pause(client));
  };
  return run;
}

const refresh = (noun: string) =>
  calmed(
    (client) => void client.invalidateQueries({ queryKey: [noun] }),
    () => PAUSE_MS,
  );

const jobs = refresh('jobs');
const notifications = refresh('notifications');
const servers = refresh('servers');
const alerts = refresh('alerts');
const plugins = refresh('plugins');
const databases = refresh('databases');
// Of many drives the lists are long, and readings of machines come every few seconds.
const STORAGE_PAUSE_MS = 5_000;
const storage = calmed(
  (client) => {
    for (const noun of ['devices', 'pools', 'upkeep'])
      void client.invalidateQueries({ queryKey: [noun] });
  },
  () => STORAGE_PAUSE_MS,
);
// The list itself stays as it is: what is new is offered above it.
const activity = calmed(
  (client) => void client.invalidateQueries({ queryKey: ['activity', 'newest'] }),
  () => PAUSE_MS,
);
// It is one answer for the whole fleet, so a large fleet asks for it less often.
const overview = calmed(
  (client) => void client.invalidateQueries({ queryKey: overviewQuery.queryKey }),
  (client) => {
    const count = client.getQueryData(overviewQuery.queryKey)?.servers.length ?? 0;
    return PAUSE_MS + count * PAUSE_A_SERVER_MS;
  },
);

/** The servers that an event tells of: one reading stores many at once. */
function idsOf(data: unknown): unknown[] {
  const has = typeof data === 'object' && data !== null && 'ids' in data && Array.isArray(data.ids);
  return has ? (data.ids as unknown[]) : [];
}

export const LIVE_HANDLERS: LiveHandlers = {
  job: jobs,
  activity,
  notification: notifications,
  plugin: (client, data) => {
    plugins(client);
    // One that runs every few minutes shall be seen to have run, in its charts as well.
    if (typeof data === 'object' && data !== null && 'id' in data)
      void client.invalidateQueries({ queryKey: ['metrics', data.id] });
  },
  schedule: jobs,
  database: databases,
  server: (client, data) => {
    servers(client);
    overview(client);
    storage(client);
    // Charts of a short range move with each reading; long ones have their own pace.
    const ids = new Set(idsOf(data));
    void client.invalidateQueries({
      queryKey: ['metrics'],
      predicate: ({ queryKey }) => ids.has(queryKey[1]) && queryKey[2] === 'moving',
    });
  },
  alert: (client) => {
    alerts(client);
    overview(client);
    storage(client);
  },
  resync: (client) => void client.invalidateQueries(),
};
