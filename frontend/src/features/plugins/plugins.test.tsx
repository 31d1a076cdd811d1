import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, it, vi } from 'vitest';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import type { InstanceDetail, PluginDetail } from './api';
import { InstancePage } from './components/instance-page';
import { PluginPage } from './components/plugin-page';
import { PluginsPage } from './components/plugins-page';

const NOTHING = { description: '', example: '', choices: [], pattern: '', unit: '' };
const PLUGIN: PluginDetail = {
  name: 'pihole',
  title: 'Pi-hole',
  summary: 'Whether it blocks, and how much.',
  category: 'network',
  version: '1.0.0',
  home: '',
  description: 'Make an app password.\n\nIt only reads.',
  source: 'built_in',
  distribution: '',
  state: 'ready',
  problem: '',
  collects: true,
  sends: false,
  tier: 'platinum',
  instances: 1,
  seen_at: '2026-01-01T00:00:00Z',
  form: [
    {
      ...NOTHING,
      name: 'url',
      label: 'Address',
      kind: 'string',
      default: null,
      minimum: null,
      maximum: null,
      is_required: true,
      is_secret: false,
      is_advanced: false,
    },
    {
      ...NOTHING,
      name: 'password',
      label: 'Password or token',
      kind: 'string',
      default: null,
      minimum: null,
      maximum: null,
      is_required: false,
      is_secret: true,
      is_advanced: false,
    },
  ],
  metrics: [
    { name: 'pihole_blocking', about: '1 while it blocks.', unit: 'yes/no', kind: 'gauge' },
    { name: 'pihole_blocked_percent', about: 'Blocked.', unit: 'percent', kind: 'gauge' },
  ],
  has_open_metrics: false,
  alerts: [{ key: 'off', kind: 'pihole.off', about: 'Blocking is off.', severity: 'warning' }],
  quality: [
    { rule: 'form-words', tier: 'bronze', about: 'Fields say much.', status: 'done', note: '' },
    { rule: 'units', tier: 'silver', about: 'Units.', status: 'exempt', note: 'No metrics.' },
  ],
  every_seconds: 300,
  timeout_seconds: 30,
  memory_mib: 512,
  needs_server: false,
};
const INSTANCE: InstanceDetail = {
  id: '0198-7',
  name: 'Upstairs',
  plugin: 'pihole',
  plugin_title: 'Pi-hole',
  server_id: null,
  server_name: null,
  is_enabled: true,
  every_seconds: 300,
  state: 'failing',
  problem: 'The Pi-hole refused the password.',
  problem_kind: 'login_refused',
  fix: 'Make an app password.',
  summary: 'Blocks: 34.5 %',
  failures: 3,
  last_run_at: '2026-01-01T00:00:00Z',
  last_ok_at: '2026-01-01T00:00:00Z',
  next_due_at: '2026-01-01T00:05:00Z',
  took_ms: 120,
  settings: { url: 'http://pi.hole' },
  secrets_set: ['password'],
  facts: [{ key: 'core', label: 'Core', value: 'v6.0', unit: '' }],
  pages: [{ key: 'overview', title: 'Overview' }],
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
};
const DATA = {
  key: 'overview',
  title: 'Overview',
  at: '2026-01-01T00:00:00Z',
  note: '',
  cards: [
    { title: 'Blocking', value: 'on', kind: 'text', unit: '', note: '', status: 'ok' },
    { title: 'Blocked', value: 34.5, kind: 'percent', unit: '', note: '', status: '' },
  ],
  tables: [
    {
      title: 'Versions',
      columns: [
        { key: 'name', title: 'Program', kind: 'text', unit: '' },
        { key: 'state', title: 'State', kind: 'status', unit: '' },
      ],
      rows: [['Core', 'warning']],
      empty: 'None.',
    },
  ],
};

const page = (items: unknown[]) =>
  HttpResponse.json({ items, total: items.length, page: 1, per_page: 50 });
const client = () => signedInClient('plugins:read', 'plugins:run', 'plugins:manage');
const ONE = `*/api/plugins/instances/${INSTANCE.id}`;

beforeEach(() => {
  server.use(
    http.get('*/api/plugins/gallery', () => HttpResponse.json([PLUGIN])),
    http.get('*/api/plugins/gallery/:name', () => HttpResponse.json(PLUGIN)),
    http.get(ONE, () => HttpResponse.json(INSTANCE)),
    http.get(`${ONE}/pages/overview`, () => HttpResponse.json(DATA)),
    http.get(`${ONE}/runs`, () => page([])),
    http.get(`${ONE}/logs`, () => page([])),
    http.get('*/api/metrics/series', () => HttpResponse.json([])),
    http.get('*/api/infrastructure/servers', () => page([])),
  );
});

it('the gallery says what each plugin watches, and how good it is', async () => {
  server.use(http.get('*/api/plugins/instances', () => page([])));
  await renderUi(<PluginsPage />, { client: client() });
  expect(await screen.findByText(/Nothing is watched by a plugin yet/)).toBeVisible();
  expect(await screen.findByRole('link', { name: 'Pi-hole' })).toBeVisible();
  expect(screen.getByText('Network · platinum · comes with Unity · 1 in use')).toBeVisible();
});

it('what cannot be used says why', async () => {
  const broken = { ...PLUGIN, state: 'broken', problem: 'It cannot be loaded: SyntaxError.' };
  server.use(http.get('*/api/plugins/gallery/:name', () => HttpResponse.json(broken)));
  await renderUi(<PluginPage name="pihole" onAdded={vi.fn()} />, { client: client() });
  expect(await screen.findByText('It cannot be loaded: SyntaxError.')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Add one' })).toBeNull();
});

it('a configuration is tried, and what is wrong stands at its field', async () => {
  const sent: unknown[] = [];
  server.use(
    http.post('*/api/plugins/test', async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json({
        ok: false,
        kind: 'login_refused',
        detail: 'It refused the password.',
        fix: 'Make an app password.',
        milliseconds: 40,
        faults: [{ field: 'url', detail: 'Enter it without /admin.' }],
        log: [],
      });
    }),
  );
  const { user } = await renderUi(<PluginPage name="pihole" onAdded={vi.fn()} />, {
    client: client(),
  });
  await user.click(await screen.findByRole('button', { name: 'Add one' }));
  await user.type(screen.getByLabelText(/Address/), 'http://pi.hole/admin');
  await user.type(screen.getByLabelText('Password or token'), 'a-secret');
  await user.click(screen.getByRole('button', { name: 'Test' }));
  expect(await screen.findByText('It does not work: login refused')).toBeVisible();
  expect(screen.getByText('Enter it without /admin.')).toBeVisible();
  expect(sent).toEqual([
    {
      name: 'Pi-hole',
      plugin: 'pihole',
      server_id: null,
      instance_id: null,
      every_seconds: null,
      is_enabled: true,
      settings: { url: 'http://pi.hole/admin' },
      secrets: { password: 'a-secret' },
    },
  ]);
});

it('an instance says what fails, what to do, and what it last knew', async () => {
  await renderUi(<InstancePage id={INSTANCE.id} onDeleted={vi.fn()} />, { client: client() });
  expect(await screen.findByText('It fails: login refused')).toBeVisible();
  expect(screen.getByText('Make an app password.')).toBeVisible();
  const overview = await screen.findByRole('region', { name: 'Overview' });
  expect(await within(overview).findByText('34.5 %')).toBeVisible();
  expect(within(overview).getByRole('cell', { name: 'Warning' })).toBeVisible();
  expect(screen.getByText('v6.0')).toBeVisible();
  expect(screen.getByText('in a moment')).toBeVisible(); // it was due, and has not begun
});

it('a kept secret is not sent again unless it is replaced', async () => {
  const sent: unknown[] = [];
  server.use(
    http.put(ONE, async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json(INSTANCE);
    }),
  );
  const { user } = await renderUi(<InstancePage id={INSTANCE.id} onDeleted={vi.fn()} />, {
    client: client(),
  });
  await user.click(await screen.findByRole('button', { name: 'More' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Change' }));
  expect(await screen.findByText('kept, not shown')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]).toMatchObject({ settings: { url: 'http://pi.hole' }, secrets: {} });
});

it('a key to push with is shown once', async () => {
  const push = { ...INSTANCE, plugin: 'push', problem: '', pages: [], state: 'ok' };
  server.use(
    http.get(ONE, () => HttpResponse.json(push)),
    http.get(`${ONE}/keys`, () => HttpResponse.json([])),
    http.post(`${ONE}/keys`, () =>
      HttpResponse.json(
        {
          id: 'k1',
          name: 'nas',
          public_id: 'ab',
          created_at: '2026-01-01T00:00:00Z',
          expires_at: '2027-01-01T00:00:00Z',
          last_used_at: null,
          text: 'unity_push_ab_secret',
        },
        { status: 201 },
      ),
    ),
  );
  const { user } = await renderUi(<InstancePage id={INSTANCE.id} onDeleted={vi.fn()} />, {
    client: client(),
  });
  await user.click(await screen.findByRole('button', { name: 'Make a key' }));
  await user.type(screen.getByLabelText(/Name/), 'nas');
  await user.click(screen.getByRole('button', { name: 'Make the key' }));
  expect(await screen.findByText(/never shown again/)).toBeVisible();
  expect(screen.getAllByText(/unity_push_ab_secret/).length).toBeGreaterThan(0);
  expect(screen.queryByRole('button', { name: 'Run now' })).toBeNull();
});
