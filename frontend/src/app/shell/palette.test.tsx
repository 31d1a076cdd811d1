import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, it } from 'vitest';
import type { SearchHit } from '@/api/search';
import { overview } from '@/testing/fleet';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { openPalette, Palette } from './palette';
import { joinFound } from './palette-search';

const NAS: SearchHit = {
  kind: 'server',
  id: 'nas-id',
  title: 'nas',
  detail: '192.0.2.10',
  path: '/servers/nas-id',
};

let hits: SearchHit[] = [];
let asked: string[] = [];

beforeEach(() => {
  hits = [];
  asked = [];
  server.use(
    http.get('*/api/infrastructure/overview', () => HttpResponse.json(overview())),
    http.get('*/api/search', ({ request }) => {
      asked.push(new URL(request.url).searchParams.get('q') ?? '');
      return HttpResponse.json({ items: hits, has_more: false });
    }),
  );
});

async function open(...rights: Parameters<typeof signedInClient>) {
  const opened = await renderUi(<Palette />, {
    client: signedInClient('system:read', 'servers:read', ...rights),
  });
  openPalette();
  const box = await screen.findByRole('textbox', { name: 'Find anything' });
  return { ...opened, box };
}

it('the server is asked after a pause, and Enter opens what it found', async () => {
  hits = [NAS];
  const { user, router, box } = await open();
  await user.type(box, '192.0');
  expect(await screen.findByText('nas')).toBeVisible();
  expect(screen.getByText('192.0.2.10')).toBeVisible();
  expect(asked.at(-1)).toBe('192.0');
  await user.keyboard('{ArrowDown}{Enter}');
  await waitFor(() => expect(router.state.location.pathname).toBe('/servers/nas-id'));
});

it('a found server can be asked now by those who may', async () => {
  hits = [NAS];
  let collected = '';
  server.use(
    http.post('*/api/infrastructure/servers/:id/collect', ({ params }) => {
      collected = String(params.id);
      return HttpResponse.json({ run_id: 'run-1' }, { status: 202 });
    }),
  );
  const { user, router, box } = await open('servers:collect');
  await user.type(box, 'nas');
  await user.click(await screen.findByText('Collect now from nas'));
  await waitFor(() => expect(router.state.location.pathname).toBe('/system/runs/run-1'));
  expect(collected).toBe('nas-id');
});

it('nobody is offered what they may not do', async () => {
  hits = [NAS];
  const { user, box } = await open();
  await user.type(box, 'nas');
  expect(await screen.findByText('nas')).toBeVisible();
  expect(screen.queryByText('Collect now from nas')).toBeNull();
  hits = [];
  await user.clear(box);
  await user.type(box, 'add a');
  expect(await screen.findByText('Nothing has these words in it.')).toBeVisible();
});

it('a single letter asks nobody, and what nothing has says so', async () => {
  const { user, box } = await open();
  await user.type(box, '€');
  expect(await screen.findByText('Nothing has these words in it.')).toBeVisible();
  expect(asked).toEqual([]);
  await user.type(box, '€€');
  await waitFor(() => expect(asked.at(-1)).toBe('€€€'));
  expect(await screen.findByText('Nothing has these words in it.')).toBeVisible();
});

it('the beginning of a name comes first, and the same thing stands once', () => {
  const item = (id: string, label: string) => ({ id, label, group: 'x', run: () => undefined });
  const local = [item('p1', 'My settings'), item('p2', 'Settings'), item('s1', 'set-nas')];
  const found = [item('s1', 'set-nas'), item('s2', 'offset')];
  expect(joinFound(local, found, 'set').map(({ id }) => id)).toEqual(['p2', 's1', 's2', 'p1']);
});
