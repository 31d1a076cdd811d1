import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, it } from 'vitest';
import { LIVE_HANDLERS } from '@/app/live-handlers';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import type { Happening } from './api';
import { ActivityPage } from './components/activity-page';
import { byDay } from './days';

const NOW = new Date();
const happening = (number: number, part: Partial<Happening> = {}): Happening => ({
  id: `01981f3a-0000-7000-8000-00000000000${String(number)}`,
  at: NOW.toISOString(),
  kind: 'server.added',
  summary: `Server s${String(number)} was added`,
  actor_kind: 'user',
  actor_name: 'alice',
  actor_id: null,
  object_kind: 'server',
  object_id: null,
  object_name: 's',
  resource_id: null,
  path: '/servers/s',
  ...part,
});

let items: Happening[] = [];
let asked: URLSearchParams[] = [];

beforeEach(() => {
  items = [];
  asked = [];
  server.use(
    http.get('*/api/views', () => HttpResponse.json([])),
    http.get('*/api/activity', ({ request }) => {
      const query = new URL(request.url).searchParams;
      asked.push(query);
      const before = query.get('before') ?? '~';
      const found = items.filter(({ id }) => id < before);
      const size = Math.min(Number(query.get('limit')), 2);
      const next = found.length > size ? (found[size - 1]?.id ?? null) : null;
      return HttpResponse.json({ items: found.slice(0, size), next });
    }),
  );
});

const open = (at = '/activity', ...rights: Parameters<typeof signedInClient>) =>
  renderUi(<ActivityPage />, { at, client: signedInClient('system:read', ...rights) });

it('what happened is told with who did it and leads to the thing, older on demand', async () => {
  items = [happening(3), happening(2, { path: null, actor_kind: 'system' }), happening(1)];
  const { user } = await open();
  const today = await screen.findByRole('region', { name: 'Today' });
  expect(within(today).getByRole('link', { name: 'Server s3 was added' })).toHaveAttribute(
    'href',
    expect.stringContaining('/servers/s'),
  );
  expect(within(today).getByText('by alice')).toBeVisible();
  expect(within(today).queryByRole('link', { name: 'Server s2 was added' })).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Show older' }));
  expect(await screen.findByText('Server s1 was added')).toBeVisible();
  expect(screen.getByText('That is all that is kept.')).toBeVisible();
});

it('what is new moves no row: it is offered above them', async () => {
  items = [happening(1)];
  const { user, client } = await open();
  expect(await screen.findByText('Server s1 was added')).toBeVisible();
  items = [happening(2), ...items];
  LIVE_HANDLERS.activity?.(client, {});
  const show = await screen.findByRole('button', { name: 'Show 1 new event' });
  expect(screen.queryByText('Server s2 was added')).toBeNull();
  await user.click(show);
  expect(await screen.findByText('Server s2 was added')).toBeVisible();
  await waitFor(() => expect(screen.queryByRole('button', { name: /new event/ })).toBeNull());
});

it('the filters of the address are asked for, and nothing found says so', async () => {
  await open('/activity?kind=alert.&span=24h&q=disk');
  expect(await screen.findByText('Nothing matches')).toBeVisible();
  expect(asked[0]?.get('kind')).toBe('alert.');
  expect(asked[0]?.get('q')).toBe('disk');
  expect(asked[0]?.get('since')).toMatch(/^\d{4}-/);
});

it('nothing yet, and a problem, say so', async () => {
  await open();
  expect(await screen.findByText('Nothing has happened yet')).toBeVisible();
});

it('an activity that cannot be read says why', async () => {
  server.use(
    http.get('*/api/activity', () => HttpResponse.json({ title: 'Broken' }, { status: 500 })),
  );
  await open();
  expect(await screen.findByRole('alert')).toHaveTextContent('The activity could not be read');
});

it('what is stuck is shown to those who may try it again', async () => {
  let retried = '';
  server.use(
    http.get('*/api/activity/stuck', () =>
      HttpResponse.json([
        {
          id: 'd1',
          handler: 'notifications',
          attempts: 8,
          error: 'It took too long.',
          parked_at: NOW.toISOString(),
          event_at: NOW.toISOString(),
          summary: 'Disk sdb is failing',
        },
      ]),
    ),
    http.post('*/api/activity/stuck/:id/retry', ({ params }) => {
      retried = String(params.id);
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const { user } = await open('/activity', 'settings:manage');
  expect(await screen.findByText('1 event could not be handled')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await waitFor(() => expect(retried).toBe('d1'));
});

it('days are those of the person, newest first', () => {
  const now = new Date(2026, 4, 6, 12);
  const at = (...parts: [number, number, number, number]) =>
    happening(1, { at: new Date(...parts).toISOString() });
  const days = byDay(
    [
      at(2026, 4, 6, 1),
      at(2026, 4, 5, 23),
      at(2026, 4, 5, 1),
      at(2026, 4, 1, 9),
      at(2025, 4, 1, 9),
    ],
    now,
  );
  expect(days.map(({ word, items: ofDay }) => [word, ofDay.length])).toEqual([
    ['Today', 1],
    ['Yesterday', 2],
    ['Friday 1 May', 1],
    ['Thursday, 1 May 2025', 1],
  ]);
});
