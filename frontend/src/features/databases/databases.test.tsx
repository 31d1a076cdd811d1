import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, it, vi } from 'vitest';
import { sessionQuery } from '@/api/session';
import { pageOf, session } from '@/testing/factories';
import { renderUi, testClient } from '@/testing/render';
import { server } from '@/testing/server';
import type { DatabaseDetail } from './api';
import { DatabasePage } from './components/database-page';
import { DatabasesPage } from './components/databases-page';

const LIST = '*/api/infrastructure/databases';
const ID = '01a20000-0000-7000-8000-000000000001';
const RUN = '01a20000-0000-7000-8000-0000000000aa';
const AT = '2026-11-23T04:00:00Z';

const signedIn = () => {
  const client = testClient();
  const permissions = ['servers:read', 'servers:manage', 'servers:collect'] as const;
  client.setQueryData(sessionQuery.queryKey, session({ permissions: [...permissions] }));
  return client;
};

const database = (fields: Partial<DatabaseDetail> = {}): DatabaseDetail => ({
  id: ID,
  server_id: '01a20000-0000-7000-8000-000000000002',
  server_name: 'db1',
  server_status: 'online',
  kind: 'postgresql',
  name: 'PostgreSQL :5432',
  version: '15.18',
  port: 5432,
  container: '',
  state: 'needs_credentials',
  reason_kind: 'wants_login',
  reason: 'PostgreSQL runs and listens.',
  fix: 'Run the script.',
  state_since: AT,
  role: 'primary',
  size_bytes: 1024,
  connections_percent: 10,
  lag_seconds: null,
  login: 'none',
  first_seen_at: AT,
  last_seen_at: AT,
  last_read_at: AT,
  missing_since: null,
  doors: ['127.0.0.1:5432', '/run/postgresql/.s.PGSQL.5432'],
  data_path: '/var/lib/postgresql/15/main',
  host_path: '/var/lib/postgresql/15/main',
  mountpoint: '/',
  notes: [],
  stands_on: [],
  credential_id: null,
  login_user: '',
  login_database: '',
  refusals: 0,
  figures: [],
  tables: [],
  problems: [],
  ...fields,
});

beforeEach(() => {
  server.use(
    http.get(`${LIST}/summary`, () =>
      HttpResponse.json({ total: 1, states: {}, kinds: {}, size_bytes: 0 }),
    ),
    http.get(`${LIST}/${ID}/script`, () =>
      HttpResponse.json({
        language: 'sql',
        run_with: 'sudo -u postgres psql',
        text: 'GRANT pg_monitor TO unity;',
        without_password: 'CREATE ROLE "admin" LOGIN;',
        unlocks: ['pg_monitor: all activity'],
      }),
    ),
  );
});

it('asks the server for what the address says', async () => {
  const asked = vi.fn();
  server.use(
    http.get(LIST, ({ request }) => {
      asked(Object.fromEntries(new URL(request.url).searchParams));
      return HttpResponse.json(pageOf(database()));
    }),
  );
  await renderUi(<DatabasesPage />, {
    at: '/?state=needs_credentials&kind=postgresql',
    client: signedIn(),
  });
  const grid = await screen.findByRole('grid', { name: 'Databases' });
  expect(within(grid).getByText('needs a login')).toBeVisible();
  expect(asked).toHaveBeenCalledWith(
    expect.objectContaining({ state: 'needs_credentials', kind: 'postgresql' }),
  );
});

it('shows the script, stores a new login and tries it', async () => {
  const stored = vi.fn();
  const set = vi.fn();
  server.use(
    http.get(`${LIST}/${ID}`, () => HttpResponse.json(database())),
    http.get('*/api/credentials/logins', () => HttpResponse.json({ items: [], total: 0 })),
    http.post('*/api/credentials/logins', async ({ request }) => {
      stored(await request.json());
      return HttpResponse.json({ id: 'login-1' }, { status: 201 });
    }),
    http.put(`${LIST}/${ID}/login`, async ({ request }) => {
      set(await request.json());
      return new HttpResponse(null, { status: 204 });
    }),
    http.post(`${LIST}/${ID}/check`, () =>
      HttpResponse.json({ run_id: RUN, is_new: true }, { status: 202 }),
    ),
    http.get('*/api/job-runs/:id', () =>
      HttpResponse.json({ state: 'succeeded', result: { state: 'online', reason: '' } }),
    ),
  );
  await renderUi(<DatabasePage databaseId={ID} />, { client: signedIn() });
  expect(await screen.findByText('GRANT pg_monitor TO unity;')).toBeVisible();
  await userEvent.type(screen.getByLabelText('Password'), 'a password');
  await userEvent.click(screen.getByRole('button', { name: 'Save and try' }));
  await vi.waitFor(() =>
    expect(set).toHaveBeenCalledWith(
      expect.objectContaining({ mode: 'credential', credential_id: 'login-1' }),
    ),
  );
  expect(stored).toHaveBeenCalledWith(
    expect.objectContaining({ username: 'unity', password: 'a password' }),
  );
});

it('corrects the password of an earlier try in place of storing a second login', async () => {
  const name = 'PostgreSQL :5432 on db1 (unity)';
  const edited = vi.fn();
  const set = vi.fn();
  server.use(
    http.get(`${LIST}/${ID}`, () =>
      HttpResponse.json(database({ reason_kind: 'refused', login: 'credential' })),
    ),
    http.get('*/api/credentials/logins', () =>
      HttpResponse.json(pageOf({ id: 'login-1', name, username: 'unity' })),
    ),
    http.patch('*/api/credentials/logins/login-1', async ({ request }) => {
      edited(await request.json());
      return HttpResponse.json({ id: 'login-1' });
    }),
    http.put(`${LIST}/${ID}/login`, async ({ request }) => {
      set(await request.json());
      return new HttpResponse(null, { status: 204 });
    }),
    http.post(`${LIST}/${ID}/check`, () =>
      HttpResponse.json({ run_id: RUN, is_new: true }, { status: 202 }),
    ),
    http.get('*/api/job-runs/:id', () =>
      HttpResponse.json({ state: 'succeeded', result: { state: 'online', reason: '' } }),
    ),
  );
  await renderUi(<DatabasePage databaseId={ID} />, { client: signedIn() });
  await userEvent.click(await screen.findByText('New login'));
  await userEvent.type(screen.getByLabelText('Password'), 'the right one');
  await userEvent.click(screen.getByRole('button', { name: 'Save and try' }));
  await vi.waitFor(() =>
    expect(set).toHaveBeenCalledWith(expect.objectContaining({ credential_id: 'login-1' })),
  );
  expect(edited).toHaveBeenCalledWith({ password: 'the right one' });
});

it('says what of a table is missing beside what is there', async () => {
  const table = {
    key: 'tables',
    title: 'Largest tables',
    columns: [{ key: 'table', title: 'Table', unit: '' }],
    rows: [['public.orders']],
    why: 'The tables of 3 further databases were not read in time.',
  };
  server.use(
    http.get(`${LIST}/${ID}`, () =>
      HttpResponse.json(
        database({ state: 'online', version: '16.4', role: 'standby', tables: [table] }),
      ),
    ),
  );
  await renderUi(<DatabasePage databaseId={ID} />, { client: signedIn() });
  expect(await screen.findByText('public.orders')).toBeVisible();
  expect(screen.getByText(/3 further databases/)).toBeVisible();
  expect(screen.getByText(/PostgreSQL 16\.4, standby/)).toBeVisible();
});

it('says why a number is missing', async () => {
  const figure = {
    key: 'replication_lag_seconds',
    title: 'Behind its source',
    group: 'Replication',
    unit: 's',
    value: null,
    why: 'It is not a replica.',
    labels: {},
    metric: 'unity_database_replication_lag_seconds',
    is_counter: false,
  };
  server.use(
    http.get(`${LIST}/${ID}`, () =>
      HttpResponse.json(database({ state: 'online', reason: '', fix: '', figures: [figure] })),
    ),
  );
  await renderUi(<DatabasePage databaseId={ID} />, { client: signedIn() });
  expect(await screen.findByText('It is not a replica.')).toBeVisible();
  expect(screen.queryByText('What is wrong')).toBeNull();
});
