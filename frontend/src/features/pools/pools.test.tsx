import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { sessionQuery, type Permission } from '@/api/session';
import { pageOf, session } from '@/testing/factories';
import { renderUi, testClient } from '@/testing/render';
import { dataset, member, pool, POOL_ID as ID } from '@/testing/pools';
import { server } from '@/testing/server';
import { treeOf } from './components/member-tree';
import { PoolPage } from './components/pool-page';
import { PoolsPage } from './components/pools-page';

const LIST = '*/api/infrastructure/pools';
const ONE = `${LIST}/${ID}`;
const AT = '2026-11-23T04:00:00Z';

const signedIn = (permissions: Permission[] = ['servers:read', 'servers:manage']) => {
  const client = testClient();
  client.setQueryData(sessionQuery.queryKey, session({ permissions }));
  return client;
};

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

  it.each([
    ['zfs', 'critical'],
    ['lvm', 'ok'],
  ] as const)('colours how full it is as its verdict has it: %s', async (kind, state) => {
    const full = pool({ kind, used_percent: 100 });
    server.use(http.get(ONE, () => HttpResponse.json(full)));
    await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
    await screen.findByText('Used');
    const bar = document.querySelector('[data-state][style*="width"]');
    expect(bar).toHaveAttribute('data-state', state);
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

describe('the datasets of a pool', () => {
  it('shows which are near their quota, and which get no snapshots any more', async () => {
    const datasets = [
      dataset({ name: 'tank/home', is_late: true }),
      dataset({ name: 'tank/vm', quota_percent: null, every_seconds: null, newest_at: null }),
    ];
    server.use(http.get(ONE, () => HttpResponse.json(pool({ datasets, datasets_read_at: AT }))));
    await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
    const part = await screen.findByRole('region', { name: 'Snapshots and quotas' });
    const [, home, vm] = within(part).getAllByRole('row');
    expect(home).toHaveTextContent(/tank\/home.*93 % of 100 GiB.*ago, late.*every 1 d or sooner/);
    expect(vm).toHaveTextContent(/tank\/vm.*–.*none/);
  });

  it('is not there for a pool that has none', async () => {
    server.use(http.get(ONE, () => HttpResponse.json(pool())));
    await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
    await screen.findByRole('heading', { name: 'Members' });
    expect(screen.queryByRole('region', { name: 'Snapshots and quotas' })).toBeNull();
  });
});

it('shows the first of hundreds of members, and all of them on request', async () => {
  const members = Array.from({ length: 400 }, (_, index) => member({ name: `disk${index}` }));
  server.use(http.get(ONE, () => HttpResponse.json(pool({ members }))));
  await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
  await userEvent.click(await screen.findByRole('button', { name: 'Show all 400 members' }));
  expect(await screen.findByText('disk399')).toBeVisible();
});

it('shows of hundreds those that are not well, with what they belong to, and all on request', async () => {
  const members = Array.from({ length: 300 }, (_, index) =>
    member({
      name: index % 10 === 0 ? `raidz2-${index / 10}` : `disk${index}`,
      is_leaf: index % 10 !== 0,
      parent: index % 10 === 0 ? null : index - (index % 10),
      checksum_errors: index === 155 ? 3 : 0,
      device_id: index === 155 ? ID : null,
    }),
  );
  server.use(http.get(ONE, () => HttpResponse.json(pool({ members }))));
  await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
  const [table = document.body] = await screen.findAllByRole('table');
  expect(within(table).getByText('raidz2-15')).toBeVisible();
  expect(within(table).getByRole('link', { name: 'disk155' })).toHaveAttribute(
    'href',
    `/storage/devices/${ID}`,
  );
  expect(within(table).getAllByRole('row')).toHaveLength(3);
  await userEvent.click(
    screen.getByRole('switch', { name: 'Only the 1 that are not well, of 300' }),
  );
  expect(within(table).getAllByRole('row')).toHaveLength(101);
});

it('says what its tool advises, and that an end cannot be told yet', async () => {
  const action = 'Determine if the device needs to be replaced.';
  server.use(
    http.get(ONE, () =>
      HttpResponse.json(pool({ action, activity: 'scrub', activity_percent: 1 })),
    ),
  );
  await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
  expect(await screen.findByText(action)).toBeVisible();
  expect(screen.getByText('cannot be told yet')).toBeVisible();
});

it('leaves out what its kind does not tell', async () => {
  const array = { kind: 'md' as const, used_percent: null, fragmentation_percent: null };
  server.use(http.get(ONE, () => HttpResponse.json(pool({ ...array, size_bytes: 4e12 }))));
  await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
  expect(await screen.findByText('3.64 TiB')).toBeVisible();
  expect(screen.queryByText('Fragmentation')).toBeNull();
  expect(screen.queryByText('Used')).toBeNull();
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
