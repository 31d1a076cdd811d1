import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, it } from 'vitest';
import type { SavedView } from '@/api/views';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { SavedViews } from './saved-views';

const view = (part: Partial<SavedView> = {}): SavedView => ({
  id: 'v1',
  page: 'servers',
  name: 'Down',
  query: 'status=offline&tag=prod',
  is_shared: false,
  is_own: true,
  owner: 'alice',
  ...part,
});

let views: SavedView[] = [];
let sent: unknown[] = [];

beforeEach(() => {
  views = [];
  sent = [];
  server.use(
    http.get('*/api/views', () => HttpResponse.json(views)),
    http.post('*/api/views', async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json(view(), { status: 201 });
    }),
    http.patch('*/api/views/:id', async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json(view());
    }),
    http.delete('*/api/views/:id', ({ params }) => {
      sent.push(params.id);
      return new HttpResponse(null, { status: 204 });
    }),
  );
});

const open = (at: string) =>
  renderUi(<SavedViews page="servers" />, { at, client: signedInClient('resources:manage') });

it('a view is opened from the menu, and the button then says its name', async () => {
  views = [view(), view({ id: 'v2', name: 'All ours', query: 'q=x', is_own: false, owner: 'bob' })];
  const { user, router } = await open('/servers?sort=name');
  await user.click(screen.getByRole('button', { name: 'Views' }));
  expect(await screen.findByRole('menuitem', { name: 'All ours (by bob)' })).toBeVisible();
  await user.click(screen.getByRole('menuitem', { name: 'Down' }));
  await waitFor(() =>
    expect(router.state.location.search).toEqual({ status: 'offline', tag: 'prod' }),
  );
  expect(await screen.findByRole('button', { name: 'Down' })).toBeVisible();
});

it('the filters of the address are saved without the page of the list', async () => {
  const { user } = await open('/servers?tag=prod&status=offline&page=3');
  await user.click(screen.getByRole('button', { name: 'Views' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Save these filters…' }));
  await user.type(await screen.findByRole('textbox', { name: 'Name' }), 'Down');
  await user.click(screen.getByRole('switch', { name: 'Show it to everybody' }));
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() =>
    expect(sent).toEqual([
      { page: 'servers', name: 'Down', query: 'status=offline&tag=prod', is_shared: true },
    ]),
  );
});

it('an own view of the same name is replaced, which is said before', async () => {
  views = [view()];
  const { user } = await open('/servers?status=degraded');
  await user.click(screen.getByRole('button', { name: 'Views' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Save these filters…' }));
  await user.type(await screen.findByRole('textbox', { name: 'Name' }), 'Down');
  expect(screen.getByText(/Its filters will be replaced/)).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Replace' }));
  await waitFor(() => expect(sent).toEqual([{ query: 'status=degraded' }]));
});

it('own views are shared and deleted', async () => {
  views = [view()];
  const { user } = await open('/servers');
  await user.click(screen.getByRole('button', { name: 'Views' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Manage views…' }));
  await user.click(await screen.findByRole('switch', { name: 'Show Down to everybody' }));
  await user.click(screen.getByRole('button', { name: 'Delete the view Down' }));
  await waitFor(() => expect(sent).toEqual([{ is_shared: true }, 'v1']));
});
