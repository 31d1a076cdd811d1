import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { sessionQuery, type Permission } from '@/api/session';
import { pageOf, session } from '@/testing/factories';
import { fact, factsOf, machine, NAS_ID, overview, tile, visit } from '@/testing/fleet';
import { renderUi, testClient } from '@/testing/render';
import { server } from '@/testing/server';
import { ServerPage } from './components/server-page';
import { ServersPage } from './components/servers-page';
import { changesOf } from './components/settings-tab';

const ONE = `*/api/infrastructure/servers/${NAS_ID}`;
const signedIn = (permissions: Permission[] = ['servers:read', 'servers:manage']) => {
  const client = testClient();
  client.setQueryData(sessionQuery.queryKey, session({ permissions }));
  return client;
};
const PAGE = {
  serverId: NAS_ID,
  access: 'Host keys',
  activity: 'What happened',
  onDeleted: () => undefined,
};
const showPage = (at = '/') =>
  renderUi(<ServerPage {...PAGE} />, {
    at,
    client: signedIn(['servers:read', 'servers:manage', 'servers:collect']),
  });

beforeEach(() => {
  server.use(
    http.get('*/api/resources/tags', () => HttpResponse.json([])),
    http.get('*/api/resources/groups', () => HttpResponse.json([{ name: 'home' }])),
    http.get('*/api/infrastructure/overview', () =>
      HttpResponse.json(overview({ servers: [tile()] })),
    ),
    http.get(ONE, () => HttpResponse.json(machine())),
    http.get(`${ONE}/facts`, () => HttpResponse.json(factsOf(fact()))),
    http.get('*/api/metrics/query', () =>
      HttpResponse.json({ step: 10, tier: 'raw', times: [], series: [] }),
    ),
  );
});

describe('the list of servers', () => {
  const LIST = '*/api/infrastructure/servers';

  it('says that it loads', async () => {
    server.use(http.get(LIST, () => new Promise(() => undefined)));
    await renderUi(<ServersPage />, { client: signedIn() });
    expect(screen.getByRole('status')).toHaveTextContent('Loading');
  });

  it('says what it is for when it is empty', async () => {
    server.use(http.get(LIST, () => HttpResponse.json(pageOf())));
    await renderUi(<ServersPage />, { client: signedIn() });
    expect(await screen.findByRole('heading', { name: 'No servers yet' })).toBeVisible();
  });

  it('tells why it failed', async () => {
    server.use(http.get(LIST, () => HttpResponse.json({ title: 'It is busy' }, { status: 500 })));
    await renderUi(<ServersPage />, { client: signedIn() });
    expect(await screen.findByRole('alert')).toHaveTextContent('The servers could not be read');
  });

  it('asks the server for what the address says', async () => {
    const asked = vi.fn();
    server.use(
      http.get(LIST, ({ request }) => {
        asked(Object.fromEntries(new URL(request.url).searchParams));
        return HttpResponse.json(pageOf(machine()));
      }),
    );
    await renderUi(<ServersPage />, { at: '/?status=offline&q=na&sort=-name', client: signedIn() });
    await screen.findByRole('grid', { name: 'Servers' });
    expect(asked).toHaveBeenCalledWith(
      expect.objectContaining({ status: 'offline', q: 'na', sort: '-name', page: '1' }),
    );
  });
});

describe('the page of a server', () => {
  it('says its state, why, and what to do', async () => {
    const offline = { status: 'offline', reason: 'No answer.', fix: 'Switch it on.' } as const;
    server.use(http.get(ONE, () => HttpResponse.json(machine(offline))));
    await showPage();
    expect(await screen.findByRole('heading', { name: 'nas' })).toBeVisible();
    expect(screen.getByText('No answer.')).toBeVisible();
    expect(screen.getByText('Switch it on.')).toBeVisible();
  });

  it('tells when it is gone', async () => {
    const gone = { title: 'There is no such server', detail: 'It may have been deleted.' };
    server.use(http.get(ONE, () => HttpResponse.json(gone, { status: 404 })));
    await showPage();
    expect(await screen.findByRole('alert')).toHaveTextContent('It may have been deleted.');
  });

  it('shows old figures as old', async () => {
    await showPage();
    expect(await screen.findByRole('note')).toHaveTextContent('Last true');
  });

  it('keeps standing when one chart fails', async () => {
    server.use(
      http.get('*/api/metrics/query', () => HttpResponse.json({ title: 'Busy' }, { status: 500 })),
    );
    await showPage();
    const chart = await screen.findByRole('region', { name: 'Processor' });
    expect(await within(chart).findByRole('alert')).toHaveTextContent('could not be read');
    expect(screen.getByRole('region', { name: 'Now' })).toBeVisible();
  });

  it('opens a fact that is in trouble and shows what to do', async () => {
    const uptime = fact({ fact: 'uptime', title: 'Uptime' });
    const packages = fact({
      fact: 'packages',
      title: 'Package updates',
      rate: 'slow',
      value: null,
      trouble: 'no_right',
      detail: '`apt-get` may not be run.',
      fix: 'Allow it: `unity ALL=(root) NOPASSWD: /usr/bin/apt-get`',
    });
    server.use(
      http.get(`${ONE}/facts`, () => HttpResponse.json(factsOf(fact(), uptime, packages))),
    );
    await showPage('/?tab=facts');
    const row = await screen.findByRole('button', { name: /Package updates/ });
    expect(row).toHaveAttribute('aria-expanded', 'true');
    expect(row).toHaveTextContent('not allowed');
    expect(screen.getByLabelText('what to type')).toHaveTextContent('NOPASSWD');
    expect(screen.getByRole('button', { name: /^Load/ })).toHaveAttribute('aria-expanded', 'false');
  });

  it('shows what a run could not read', async () => {
    const run = visit({
      facts_failed: 1,
      troubles: [{ fact: 'packages', trouble: 'timed_out', detail: 'Too slow.', fix: 'Wait.' }],
    });
    server.use(http.get(`${ONE}/runs`, () => HttpResponse.json(pageOf(run))));
    await showPage('/?tab=runs');
    expect(await screen.findByText('packages: no answer in time')).toBeVisible();
    expect(screen.getByText('Too slow.')).toBeVisible();
  });

  it('follows a collection to its end', async () => {
    const run_id = '01981f3a-0000-7000-8000-000000000301';
    server.use(
      http.post(`${ONE}/collect`, () =>
        HttpResponse.json({ run_id, is_new: true }, { status: 202 }),
      ),
      http.get(`*/api/job-runs/${run_id}`, () =>
        HttpResponse.json({
          state: 'succeeded',
          progress_done: 0,
          progress_total: 0,
          progress_note: '',
          error: '',
          result: { status: 'online', reason: 'Every fact was read.' },
        }),
      ),
    );
    const { user } = await showPage();
    await user.click(await screen.findByRole('button', { name: 'Collect now' }));
    expect(await screen.findByText('Collecting from nas')).toBeVisible();
    expect(await screen.findByText('Every fact was read.')).toBeVisible();
  });

  it('deletes only after the name was typed', async () => {
    const plan = {
      server_id: NAS_ID,
      name: 'nas',
      can_delete: true,
      obstacles: [],
      goes: [{ what: 'measurements', count: 1200 }],
      ends: ['tank is degraded'],
      stays: ['The machine itself: nothing is changed on it.'],
    };
    server.use(http.get(`${ONE}/plan-delete`, () => HttpResponse.json(plan)));
    const { user } = await showPage();
    await user.click(await screen.findByRole('button', { name: 'More to do with nas' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Delete' }));
    const dialog = await screen.findByRole('dialog');
    expect(await within(dialog).findByText('Deleted with it: 1.2 k measurements.')).toBeVisible();
    expect(within(dialog).getByText(/told of it is told that: tank is degraded\.$/)).toBeVisible();
    const button = within(dialog).getByRole('button', { name: 'Delete' });
    expect(button).toBeDisabled();
    await user.type(within(dialog).getByRole('textbox'), 'nas');
    expect(button).toBeEnabled();
  });
});

it('an edit sends only what was changed', () => {
  const before = { ...machine(), tags: ['a'] };
  expect(changesOf(before, { ...before, tags: ['a', 'b'], ssh_key_id: null })).toEqual({
    tags: ['a', 'b'],
  });
});
