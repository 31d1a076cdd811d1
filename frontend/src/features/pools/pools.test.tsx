import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { sessionQuery, type Permission } from '@/api/session';
import { pageOf, session } from '@/testing/factories';
import { renderUi, testClient } from '@/testing/render';
import { server } from '@/testing/server';
import type { PoolDetail, PoolMember } from './api';
import { treeOf } from './components/member-tree';
import { PoolPage } from './components/pool-page';
import { PoolsPage } from './components/pools-page';

const LIST = '*/api/infrastructure/pools';
const ID = '01a20000-0000-7000-8000-000000000001';
const ONE = `${LIST}/${ID}`;
const AT = '2026-11-23T04:00:00Z';

const signedIn = (permissions: Permission[] = ['servers:read', 'servers:manage']) => {
  const client = testClient();
  client.setQueryData(sessionQuery.queryKey, session({ permissions }));
  return client;
};

const member = (fields: Partial<PoolMember>): PoolMember => ({
  name: 'sda',
  state: 'ONLINE',
  role: 'data',
  parent: null,
  is_leaf: true,
  is_well: true,
  path: '',
  read_errors: 0,
  write_errors: 0,
  checksum_errors: 0,
  note: '',
  device_id: null,
  ...fields,
});

const pool = (fields: Partial<PoolDetail> = {}): PoolDetail => ({
  id: ID,
  server_id: '01a20000-0000-7000-8000-000000000002',
  server_name: 'nas',
  kind: 'zfs',
  name: 'tank',
  layout: 'mirror',
  state: 'ONLINE',
  level: 'warning',
  level_since: AT,
  reasons: [
    {
      code: 'zfs_device_errors',
      level: 'warning',
      message: 'sdb has had errors: 0 of reading, 0 of writing, 154 of checksums.',
      fix: 'Look at the cable.',
      source: 'OpenZFS',
      is_acknowledged: false,
    },
  ],
  size_bytes: 4e12,
  used_bytes: 1e12,
  used_percent: 25,
  fragmentation_percent: 3,
  activity: '',
  activity_percent: null,
  activity_ends_at: null,
  last_scrub_at: AT,
  last_scrub_errors: 0,
  first_seen_at: AT,
  last_seen_at: AT,
  missing_since: null,
  status: '',
  action: '',
  message_id: 'ZFS-8000-9P',
  data_errors: 0,
  mismatches: null,
  cannot_scrub: '',
  scrub_days: 0,
  scrub_hour: null,
  scrub_started_at: null,
  members: [
    member({ name: 'mirror-0', is_leaf: false }),
    member({ name: 'sda', parent: 0 }),
    member({ name: 'sdb', parent: 0, checksum_errors: 154 }),
  ],
  volumes: [],
  ...fields,
});

beforeEach(() => {
  server.use(
    http.get('*/api/infrastructure/upkeep/actions', () => HttpResponse.json(pageOf())),
    http.get(`${LIST}/summary`, () =>
      HttpResponse.json({
        total: 1,
        levels: { warning: 1 },
        size_bytes: 4e12,
        used_bytes: 1e12,
        busy: 0,
      }),
    ),
  );
});

describe('the list of pools', () => {
  it('says that it loads', async () => {
    server.use(http.get(LIST, () => new Promise(() => undefined)));
    await renderUi(<PoolsPage />, { client: signedIn() });
    expect(screen.getByRole('status')).toHaveTextContent('Loading');
  });

  it('says what it is for when it is empty', async () => {
    server.use(http.get(LIST, () => HttpResponse.json(pageOf())));
    await renderUi(<PoolsPage />, { client: signedIn() });
    expect(await screen.findByRole('heading', { name: 'No pools seen yet' })).toBeVisible();
  });

  it('tells why it failed', async () => {
    server.use(http.get(LIST, () => HttpResponse.json({ title: 'It is busy' }, { status: 500 })));
    await renderUi(<PoolsPage />, { client: signedIn() });
    expect(await screen.findByRole('alert')).toHaveTextContent('The pools could not be read');
  });

  it('asks the server for what the address says, and names what is wrong', async () => {
    const asked = vi.fn();
    server.use(
      http.get(LIST, ({ request }) => {
        asked(Object.fromEntries(new URL(request.url).searchParams));
        return HttpResponse.json(pageOf(pool()));
      }),
    );
    await renderUi(<PoolsPage />, { at: '/?level=warning&kind=zfs', client: signedIn() });
    const grid = await screen.findByRole('grid', { name: 'Pools' });
    expect(within(grid).getByText(/154 of checksums/)).toBeVisible();
    expect(asked).toHaveBeenCalledWith(
      expect.objectContaining({ level: 'warning', kind: 'zfs', page: '1' }),
    );
  });
});

describe('the page of a pool', () => {
  it('says what is wrong, what to do, and where the rule is from', async () => {
    server.use(http.get(ONE, () => HttpResponse.json(pool())));
    await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
    const wrong = await screen.findByRole('region', { name: 'What is wrong' });
    expect(within(wrong).getByText(/154 of checksums/)).toBeVisible();
    expect(within(wrong).getByText(/Look at the/)).toBeVisible();
    expect(within(wrong).getByText('Source: OpenZFS')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Forget' })).toBeNull();
  });

  it('lets a pool that is gone be forgotten', async () => {
    const forgotten = vi.fn();
    server.use(
      http.get(ONE, () => HttpResponse.json(pool({ missing_since: AT, level: 'unknown' }))),
      http.delete(ONE, () => {
        forgotten();
        return new HttpResponse(null, { status: 204 });
      }),
    );
    await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
    await userEvent.click(await screen.findByRole('button', { name: 'Forget' }));
    const dialog = await screen.findByRole('dialog', { name: 'Forget tank?' });
    await userEvent.click(within(dialog).getByRole('button', { name: 'Forget' }));
    await vi.waitFor(() => expect(forgotten).toHaveBeenCalledOnce());
  });
});

describe('the scrubs of a pool', () => {
  beforeEach(() => {
    server.use(
      http.get('*/api/infrastructure/upkeep/actions', () =>
        HttpResponse.json(
          pageOf({
            id: '01a20000-0000-7000-8000-0000000000aa',
            server_id: pool().server_id,
            server_name: 'nas',
            resource_id: ID,
            resource_kind: 'storage_pool',
            resource_name: 'tank',
            kind: 'scrub',
            command: 'zpool scrub tank',
            state: 'aborted',
            message: 'It was stopped before its end.',
            errors: null,
            percent: null,
            requested_by: 'bob',
            started_at: AT,
            ended_at: AT,
          }),
        ),
      ),
    );
  });

  it('shows what was started, exactly, and how it ended', async () => {
    server.use(http.get(ONE, () => HttpResponse.json(pool())));
    await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
    expect(await screen.findByText('zpool scrub tank')).toBeVisible();
    expect(screen.getByText('aborted')).toBeVisible();
  });

  it('saves how often one is started', async () => {
    const saved = vi.fn();
    server.use(
      http.get(ONE, () => HttpResponse.json(pool())),
      http.put(`${ONE}/scrub-schedule`, async ({ request }) => {
        saved(await request.json());
        return HttpResponse.json(pool({ scrub_days: 30 }));
      }),
    );
    await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
    const days = await screen.findByRole('textbox', { name: 'Days' });
    await userEvent.clear(days);
    await userEvent.type(days, '30');
    await userEvent.click(screen.getByRole('button', { name: 'Save schedule' }));
    await vi.waitFor(() => expect(saved).toHaveBeenCalledWith({ days: 30, hour: null }));
  });

  it('says why an array without copies cannot be checked, and offers nothing', async () => {
    const why = 'An array without copies has nothing to compare.';
    server.use(http.get(ONE, () => HttpResponse.json(pool({ kind: 'md', cannot_scrub: why }))));
    await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
    expect(await screen.findByText(why)).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Check' })).toBeNull();
  });

  it('lets known errors be acknowledged', async () => {
    const known = vi.fn();
    server.use(
      http.get(ONE, () => HttpResponse.json(pool())),
      http.post(`${ONE}/acknowledge`, () => {
        known();
        return HttpResponse.json(pool());
      }),
    );
    await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
    await userEvent.click(await screen.findByRole('button', { name: 'I know these errors' }));
    await vi.waitFor(() => expect(known).toHaveBeenCalledOnce());
  });
});

it('draws each member below the one it belongs to', () => {
  const members = [
    member({ name: 'mirror-0' }),
    member({ name: 'sda', parent: 0 }),
    member({ name: 'mirror-1' }),
    member({ name: 'sdc', parent: 2 }),
    member({ name: 'sdb', parent: 0 }),
  ];
  expect(treeOf(members).map(({ member: { name }, depth }) => [name, depth])).toEqual([
    ['mirror-0', 0],
    ['sda', 1],
    ['sdb', 1],
    ['mirror-1', 0],
    ['sdc', 1],
  ]);
});
