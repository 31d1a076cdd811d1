import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { sessionQuery } from '@/api/session';
import type { UpkeepAction, UpkeepPlan } from '@/api/upkeep';
import { pageOf, session } from '@/testing/factories';
import { pool } from '@/testing/pools';
import { renderUi, testClient } from '@/testing/render';
import { server } from '@/testing/server';
import type { Drive, DrivesInShort, PoolsInShort } from './api';
import { shelvesOf } from './components/bays';
import { StoragePage } from './components/storage-page';
import { UpkeepPage } from './components/upkeep-page';

const DEVICES = '*/api/infrastructure/devices';
const POOLS = '*/api/infrastructure/pools';
const PLANS = '*/api/infrastructure/upkeep/plans';
const ACTIONS = '*/api/infrastructure/upkeep/actions';
const AT = '2026-11-23T04:00:00Z';
const NAS = '01a20000-0000-7000-8000-000000000002';

interface PageOfDrives {
  items: Drive[];
  total: number;
}

const signedIn = () => {
  const client = testClient();
  client.setQueryData(sessionQuery.queryKey, session({ permissions: ['servers:read'] }));
  return client;
};

const drive = (fields: Partial<Drive> = {}): Drive => ({
  id: `id-${fields.name ?? 'sda'}`,
  server_id: NAS,
  server_name: 'nas',
  name: 'sda',
  title: 'WDC WD40 A-1 (sda)',
  model: 'WDC WD40',
  vendor: '',
  serial: 'A-1',
  wwn: '',
  firmware: '',
  media: 'hdd',
  transport: 'sata',
  capacity_bytes: 4e12,
  uses: [],
  state: 'present',
  level: 'ok',
  known_level: 'ok',
  level_since: AT,
  unknown_reason: '',
  reasons: [],
  read_state: 'read',
  read_detail: '',
  read_at: AT,
  temperature_celsius: 31,
  wear_percent: null,
  power_on_hours: 100,
  written_bytes: null,
  first_seen_at: AT,
  last_seen_at: AT,
  missing_since: null,
  ...fields,
});

const plan = (fields: Partial<UpkeepPlan> = {}): UpkeepPlan => ({
  server_id: NAS,
  server_name: 'nas',
  resource_id: 'id-sda',
  resource_kind: 'storage_device',
  resource_name: 'WDC WD40 A-1 (sda)',
  kind: 'long',
  days: 30,
  hour: null,
  last_at: null,
  due_at: AT,
  is_due: true,
  is_overdue: true,
  waits_for: 'The drive sleeps.',
  is_running: false,
  ...fields,
});

const action = (fields: Partial<UpkeepAction> = {}): UpkeepAction => ({
  id: 'a-1',
  server_id: NAS,
  server_name: 'nas',
  resource_id: 'p-1',
  resource_kind: 'storage_pool',
  resource_name: 'tank',
  kind: 'scrub',
  command: 'zpool scrub tank',
  state: 'running',
  message: 'The scrub has begun.',
  errors: null,
  percent: 40,
  requested_by: 'the schedule',
  started_at: AT,
  ended_at: null,
  ...fields,
});

const inShort = (drives: Drive[]): DrivesInShort => ({
  total: drives.length,
  capacity_bytes: 4e12 * drives.length,
  levels: [],
  missing: 0,
  hottest_celsius: 31,
  most_worn_percent: null,
});

const poolsInShort = (fields: Partial<PoolsInShort> = {}): PoolsInShort => ({
  total: 0,
  levels: {},
  size_bytes: 0,
  used_bytes: 0,
  busy: 0,
  ...fields,
});

const answers = (drives: Drive[], plans: UpkeepPlan[] = [], ill: Partial<PageOfDrives> = {}) =>
  server.use(
    http.get(DEVICES, ({ request }) => {
      const isIll = new URL(request.url).searchParams.get('attention') === 'true';
      const found = isIll ? drives.filter(({ level }) => level !== 'ok') : drives;
      return HttpResponse.json({ ...pageOf(...found), ...(isIll ? ill : {}) });
    }),
    http.get(`${DEVICES}/summary`, () => HttpResponse.json(inShort(drives))),
    http.get(POOLS, () => HttpResponse.json(pageOf())),
    http.get(`${POOLS}/summary`, () => HttpResponse.json(poolsInShort())),
    http.get(PLANS, () => HttpResponse.json(pageOf(...plans))),
  );

describe('all storage at a glance', () => {
  it('says what it is for when it is empty', async () => {
    answers([]);
    await renderUi(<StoragePage />, { client: signedIn() });
    expect(await screen.findByRole('heading', { name: 'No drives seen yet' })).toBeVisible();
  });

  it('tells why it failed', async () => {
    server.use(
      http.get(DEVICES, () => HttpResponse.json({ title: 'It is busy' }, { status: 500 })),
      http.get(`${DEVICES}/summary`, () => HttpResponse.json(inShort([]))),
      http.get(POOLS, () => HttpResponse.json(pageOf())),
      http.get(`${POOLS}/summary`, () => HttpResponse.json(poolsInShort())),
    );
    await renderUi(<StoragePage />, { client: signedIn() });
    expect(await screen.findByRole('alert')).toHaveTextContent('The drives could not be read');
  });

  it('shows what needs attention, and each drive in its bay', async () => {
    const message = '24 sectors wait to be read.';
    const reason = { code: 'pending_sectors', level: 'failing', message, value: 24, source: '',
      fix: '', baseline: null, is_acknowledged: false }; // prettier-ignore
    answers(
      [drive(), drive({ name: 'sdb', level: 'failing', reasons: [reason], wear_percent: 91 })],
      [plan()],
    );
    await renderUi(<StoragePage />, { client: signedIn() });
    const attention = await screen.findByRole('region', { name: 'Needs attention' });
    expect(within(attention).getByText(message)).toBeVisible();
    const shelf = screen.getByRole('region', { name: 'nas' });
    expect(within(shelf).getByRole('link', { name: /sda/ })).toHaveTextContent('31');
    expect(within(shelf).getByRole('img', { name: '91 % of its endurance used' })).toBeVisible();
    expect(await screen.findByRole('link', { name: /1\s*tests and scrubs overdue/ })).toBeVisible();
  });

  it('names the worst of thousands of drives, though the bays show the first of them', async () => {
    const far = drive({ name: 'sdz', id: 'far', title: 'The last of all', state: 'gone' });
    answers([drive()], [], { items: [far], total: 23 });
    await renderUi(<StoragePage />, { client: signedIn() });
    const attention = await screen.findByRole('region', { name: 'Needs attention' });
    expect(within(attention).getByRole('link', { name: 'The last of all on nas' })).toBeVisible();
    expect(within(attention).getByText('And 22 more.')).toBeVisible();
  });

  it('counts all of thousands of pools, and names the worst of them', async () => {
    answers([drive()]);
    const levels = { ok: 4000, watch: 3, failing: 1, warning: 6 };
    server.use(
      http.get(POOLS, ({ request }) => {
        const { sort, per_page } = Object.fromEntries(new URL(request.url).searchParams);
        const isWorst = sort === 'level' && per_page === '20';
        const worst = [pool({ level: 'failing', name: 'vault' }), pool({ id: 'p', level: 'ok' })];
        return HttpResponse.json({ ...pageOf(...(isWorst ? worst : [])), total: 4010 });
      }),
      http.get(`${POOLS}/summary`, () =>
        HttpResponse.json(poolsInShort({ total: 4010, levels, busy: 2 })),
      ),
    );
    await renderUi(<StoragePage />, { client: signedIn() });
    expect(await screen.findByRole('link', { name: /4010\s*pools, 2 busy/ })).toBeVisible();
    const attention = await screen.findByRole('region', { name: 'Needs attention' });
    expect(within(attention).getByRole('link', { name: /^vault on/ })).toBeVisible();
    expect(within(attention).getByText('And 6 more.')).toBeVisible();
  });
});

it('puts the machine with the worst drive first, and sda2 before sda10', () => {
  const shelves = shelvesOf([
    drive({ name: 'nvme10n1' }),
    drive({ name: 'nvme2n1' }),
    drive({ name: 'sda', server_id: 'other', server_name: 'zeta', level: 'failing' }),
  ]);
  expect(shelves.map((shelf) => shelf.map(({ name }) => name))).toEqual([
    ['sda'],
    ['nvme2n1', 'nvme10n1'],
  ]);
});

describe('tests and scrubs', () => {
  it('shows what is planned, why it waits, and what came of what was started', async () => {
    answers([], [plan()]);
    server.use(http.get(ACTIONS, () => HttpResponse.json(pageOf(action()))));
    await renderUi(<UpkeepPage />, { client: signedIn() });
    expect(await screen.findByText('The drive sleeps.')).toBeVisible();
    expect(screen.getByText('overdue')).toBeVisible();
    expect(await screen.findByText('zpool scrub tank')).toBeVisible();
    expect(screen.getByText(/running, 40/)).toBeVisible();
  });

  it('says how to begin when nothing is planned', async () => {
    answers([]);
    server.use(http.get(ACTIONS, () => HttpResponse.json(pageOf())));
    await renderUi(<UpkeepPage />, { client: signedIn() });
    expect(await screen.findByText(/Nothing is planned yet/)).toBeVisible();
    expect(await screen.findByText(/Nothing was started/)).toBeVisible();
  });
});
