import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { sessionQuery, type Permission } from '@/api/session';
import { pageOf, session } from '@/testing/factories';
import { machine, NAS_ID, overview, tile } from '@/testing/fleet';
import { renderUi, testClient } from '@/testing/render';
import { server } from '@/testing/server';
import { labelEdit } from './components/label-editor';
import { ServersPage } from './components/servers-page';

const LIST = '*/api/infrastructure/servers';
const NAS = machine({ tags: ['old'], groups: ['home'] });
const asked = vi.fn();
const edited = vi.fn();

const showList = (permissions: Permission[] = ['servers:read', 'resources:manage']) => {
  const client = testClient();
  client.setQueryData(sessionQuery.queryKey, session({ permissions }));
  return renderUi(<ServersPage />, { client });
};
const row = async () => (await screen.findByText('nas')).closest('tr') as HTMLElement;

beforeEach(() => {
  asked.mockReset();
  edited.mockReset();
  server.use(
    http.get('*/api/resources/tags', () => HttpResponse.json([{ tag: 'lab', count: 1 }])),
    http.get('*/api/resources/groups', () => HttpResponse.json([{ name: 'home' }])),
    http.get('*/api/infrastructure/overview', () =>
      HttpResponse.json(overview({ servers: [tile()] })),
    ),
    http.get(LIST, ({ request }) => {
      asked(new URL(request.url).searchParams.get('sort'));
      return HttpResponse.json(pageOf(NAS));
    }),
    http.post('*/api/resources/labels', async ({ request }) => {
      edited(await request.json());
      return HttpResponse.json({ edited: 1 });
    }),
  );
});

it.each([
  ['CPU', 'cpu_percent'],
  ['Memory', 'memory_percent'],
  ['Storage', 'filesystem_percent'],
])('the head %s sorts all pages by %s', async (head, key) => {
  const { user } = await showList();
  await user.click(await screen.findByRole('button', { name: head }));
  await waitFor(() => expect(asked).toHaveBeenLastCalledWith(key));
  await user.click(screen.getByRole('button', { name: head }));
  await waitFor(() => expect(asked).toHaveBeenLastCalledWith(`-${key}`));
});

describe('tags in the list', () => {
  it('are edited with the keyboard alone', async () => {
    const { user } = await showList();
    (await row()).focus();
    await user.keyboard('t');
    const tags = await screen.findByRole('combobox', { name: 'Tags' });
    await waitFor(() => expect(tags).toHaveFocus());
    await user.keyboard('{Backspace}lab{Enter}{Enter}');
    await waitFor(() =>
      expect(edited).toHaveBeenCalledWith({
        ids: [NAS_ID],
        add_tags: ['lab'],
        remove_tags: ['old'],
        add_groups: [],
        remove_groups: [],
      }),
    );
    await waitFor(() => expect(tags).not.toBeInTheDocument());
    expect(await row()).toHaveFocus();
  });

  it('stay as they were after Escape', async () => {
    const { user } = await showList();
    (await row()).focus();
    await user.keyboard('t');
    const tags = await screen.findByRole('combobox', { name: 'Tags' });
    await waitFor(() => expect(tags).toHaveFocus());
    await user.keyboard('lab{Escape}{Escape}');
    await waitFor(() => expect(tags).not.toBeInTheDocument());
    expect(edited).not.toHaveBeenCalled();
  });

  it('tell why they could not be saved, and keep what was typed', async () => {
    server.use(
      http.post('*/api/resources/labels', () =>
        HttpResponse.json({ title: 'No', detail: 'It would be in none.' }, { status: 403 }),
      ),
    );
    const { user } = await showList();
    await user.click(await screen.findByRole('button', { name: /tags and groups of nas/ }));
    await user.type(await screen.findByRole('combobox', { name: 'Tags' }), 'new');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('It would be in none.');
    expect(screen.getByText('new')).toBeVisible();
  });

  it('are only shown to those who may not change them', async () => {
    const { user } = await showList(['servers:read']);
    (await row()).focus();
    await user.keyboard('t');
    expect(screen.getByText('home · old')).toBeVisible();
    expect(screen.queryByRole('button', { name: /tags and groups of nas/ })).toBeNull();
    expect(screen.queryByRole('combobox', { name: 'Tags' })).toBeNull();
  });
});

it('takes back only what was there when the form was opened', () => {
  const before = { tags: ['a', 'b'], groups: ['home'] };
  expect(labelEdit(NAS_ID, before, { tags: ['b', 'c'], groups: [] })).toEqual({
    ids: [NAS_ID],
    add_tags: ['c'],
    remove_tags: ['a'],
    add_groups: [],
    remove_groups: ['home'],
  });
});
