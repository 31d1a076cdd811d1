import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { api, dataOf } from '@/api/client';
import { runToEnd } from '@/api/job-runs';
import type { components } from '@/api/schema';
import { formatBytes, formatCount, formatDuration, NOT_KNOWN, type Unit } from '@/lib/format';
import type { TableState } from '@/lib/search';
import type { State } from '@/lib/states';

type Schemas = components['schemas'];
export type Database = Schemas['DatabaseRead'];
export type DatabaseDetail = Schemas['DatabaseDetail'];
export type DatabaseFigure = Schemas['FigureRead'];
export type DatabaseTable = Schemas['TableRead'];
export type DatabaseKind = Database['kind'];
export type DatabaseState = Database['state'];
export type LoginEdit = Schemas['DatabaseLoginEdit'];

export const PER_PAGE = 100;
const REFRESH_MS = 30_000;
export const KINDS: Record<DatabaseKind, string> = {
  postgresql: 'PostgreSQL',
  mysql: 'MySQL',
  mariadb: 'MariaDB',
  mongodb: 'MongoDB',
  redis: 'Redis',
  valkey: 'Valkey',
  minio: 'MinIO',
};
export const STATE_WORDS: Record<DatabaseState, string> = {
  online: 'online',
  needs_credentials: 'needs a login',
  degraded: 'degraded',
  offline: 'offline',
};
const STATES: Record<DatabaseState, State> = {
  online: 'ok',
  needs_credentials: 'unknown',
  degraded: 'warning',
  offline: 'critical',
};
export const stateOf = (state: DatabaseState): State => STATES[state];

/** Logins over the unix socket: the engine sees which account of the machine asks. */
export const KNOWS_ACCOUNTS: readonly DatabaseKind[] = ['postgresql', 'mysql', 'mariadb'];

const at = (database_id: string) => ({ params: { path: { database_id } } });
const known = <T extends string>(words: Record<T, string>, text: unknown): T | undefined =>
  Object.keys(words).find((word): word is T => word === text);

export const databasesQuery = (search: TableState) => {
  const query = {
    page: search.page ?? 1,
    per_page: PER_PAGE,
    sort: search.sort ?? '',
    q: search.q ?? '',
    state: known(STATE_WORDS, search.state),
    kind: known(KINDS, search.kind),
  };
  return queryOptions({
    queryKey: ['databases', 'list', query],
    queryFn: () => dataOf(api.GET('/api/infrastructure/databases', { params: { query } })),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
};

export const databaseSummaryQuery = queryOptions({
  queryKey: ['databases', 'summary'],
  queryFn: () => dataOf(api.GET('/api/infrastructure/databases/summary')),
  refetchInterval: REFRESH_MS,
});

export const databaseQuery = (id: string) =>
  queryOptions({
    queryKey: ['databases', 'one', id],
    queryFn: () => dataOf(api.GET('/api/infrastructure/databases/{database_id}', at(id))),
    refetchInterval: REFRESH_MS,
  });

export const scriptQuery = (id: string) =>
  queryOptions({
    queryKey: ['databases', 'script', id],
    queryFn: () => dataOf(api.GET('/api/infrastructure/databases/{database_id}/script', at(id))),
  });

export const storedLoginsQuery = queryOptions({
  queryKey: ['logins', 'to choose'],
  queryFn: async () =>
    (
      await dataOf(
        api.GET('/api/credentials/logins', { params: { query: { per_page: 1000, sort: 'name' } } }),
      )
    ).items,
});

export const databaseMetricQuery = (id: string, metric: string, days: number) =>
  queryOptions({
    queryKey: ['metrics', id, 'steady', metric, days],
    queryFn: async () => {
      const to = Math.floor(Date.now() / 1000);
      const from = to - days * 86_400;
      const span = {
        from: new Date(from * 1000).toISOString(),
        to: new Date(to * 1000).toISOString(),
      };
      const query = { metric, resource: [id], points: 300, ...span };
      const answer = await dataOf(api.GET('/api/metrics/query', { params: { query } }));
      return { from, to, answer };
    },
    placeholderData: keepPreviousData,
  });

const checked = z.object({ state: z.nullable(z.string()), reason: z.string() });

export function useCheck(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () =>
      runToEnd(
        dataOf(api.POST('/api/infrastructure/databases/{database_id}/check', at(id))),
        checked,
      ),
    onSettled: () => cache.invalidateQueries({ queryKey: ['databases'] }),
  });
}

export interface NewLogin {
  name: string;
  username: string;
  password: string;
}

/** Stores a login; one of this name is of an earlier try here, and gets the password typed now. */
async function stored(login: NewLogin): Promise<{ id: string }> {
  const query = { per_page: 1000, q: login.name };
  const found = await dataOf(api.GET('/api/credentials/logins', { params: { query } }));
  const earlier = found.items.find(({ name }) => name === login.name);
  if (!earlier) return dataOf(api.POST('/api/credentials/logins', { body: login }));
  const params = { path: { login_id: earlier.id } };
  await dataOf(
    api.PATCH('/api/credentials/logins/{login_id}', {
      params,
      body: { password: login.password },
    }),
  );
  return earlier;
}

/** Stores a new login where one was typed, lets the database use it, and tries it at once. */
export function useSetLogin(id: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: async ({ edit, login }: { edit: LoginEdit; login?: NewLogin }) => {
      const body = login ? { ...edit, credential_id: (await stored(login)).id } : edit;
      await dataOf(
        api.PUT('/api/infrastructure/databases/{database_id}/login', { ...at(id), body }),
      );
      return runToEnd(
        dataOf(api.POST('/api/infrastructure/databases/{database_id}/check', at(id))),
        checked,
      );
    },
    onSettled: async () => {
      await cache.invalidateQueries({ queryKey: ['databases'] });
      await cache.invalidateQueries({ queryKey: ['logins'] });
    },
  });
}

export function useForgetDatabase() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      dataOf(api.DELETE('/api/infrastructure/databases/{database_id}', at(id))),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['databases'] }),
  });
}

const UNITS: Record<string, Unit> = {
  bytes: 'bytes',
  'bytes per second': 'bytes_per_second',
  s: 'seconds',
  percent: 'fraction',
  'per second': 'per_second',
};
export const unitOf = (unit: string): Unit => UNITS[unit] ?? 'count';

/** A number as people read it; counters are shown as what they have counted. */
export function written(value: number | null, unit: string): string {
  if (value === null) return NOT_KNOWN;
  switch (unit) {
    case 'percent':
      return `${value.toLocaleString(undefined, { maximumFractionDigits: 1 })} %`;
    case 'bytes':
    case 'bytes per second':
      return formatBytes(value);
    case 's':
    case 'age':
      return formatDuration(value);
    case 'ms':
      return value < 1000
        ? `${value.toLocaleString(undefined, { maximumFractionDigits: 1 })} ms`
        : formatDuration(value / 1000);
    case 'time':
      return new Date(value * 1000).toLocaleString();
    case 'id':
      return String(value);
    default:
      return formatCount(value);
  }
}
