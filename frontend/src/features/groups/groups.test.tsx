import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, it, vi } from 'vitest';
import { pageOf, user as person } from '@/testing/factories';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { planOf } from './components/delete-group';
import { GroupPage } from './components/group-page';
import { GroupsPage } from './components/groups-page';

const GROUP = { id: 'g1', name: 'Cellar', description: 'Below the office', count: 1 };
const MEMBER = {
  id: 's1',
  kind: 'server',
  name: 'nas',
  parent_id: null,
  server_id: null,
  tags: [],
  groups: ['Cellar'],
  maintenance_until: null,
  path: '/servers/s1',
};
const BOB = {
  user_id: 'u1',
  user_name: 'bob',
  is_service: false,
  is_disabled: false,
  role: 'operator',
  is_everywhere: false,
};
const REMOVAL = { members: 1, people: ['bob'], tokens: [], rules: ['Hot'], routes: [] };

const client = () =>
  signedInClient('resources:read', 'resources:manage', 'users:read', 'users:manage');
const page = () =>
  renderUi(<GroupPage id="g1" onDeleted={onDeleted} />, { at: '/', client: client() });
const onDeleted = vi.fn();

beforeEach(() => {
  onDeleted.mockReset();
  server.use(
    http.get('*/api/resources/groups', () => HttpResponse.json([GROUP])),
    http.get('*/api/resources', () => HttpResponse.json(pageOf(MEMBER))),
    http.get('*/api/resources/groups/g1/people', () => HttpResponse.json([BOB])),
    http.get('*/api/resources/groups/g1/removal', () => HttpResponse.json(REMOVAL)),
    http.get('*/api/users', () => HttpResponse.json(pageOf(person({ id: 'u2', name: 'zoe' })))),
  );
});

it('the groups are listed, and one is made', async () => {
  const made = vi.fn();
  const onOpen = vi.fn();
  server.use(
    http.post('*/api/resources/groups', async ({ request }) => {
      made(await request.json());
      return HttpResponse.json({ ...GROUP, id: 'g2' }, { status: 201 });
    }),
  );
  const { user } = await renderUi(<GroupsPage onOpen={onOpen} />, { at: '/', client: client() });
  expect(await screen.findByRole('link', { name: 'Cellar' })).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Make a group' }));
  await user.type(screen.getByLabelText(/^Name/), 'Attic');
  await user.click(screen.getByRole('button', { name: 'Make the group' }));
  await vi.waitFor(() => expect(onOpen).toHaveBeenCalled());
  expect(made).toHaveBeenCalledWith({ name: 'Attic', description: '' });
});

it('no group yet says what one is for', async () => {
  server.use(http.get('*/api/resources/groups', () => HttpResponse.json([])));
  await renderUi(<GroupsPage onOpen={vi.fn()} />, { at: '/', client: client() });
  expect(await screen.findByText('No groups yet')).toBeVisible();
});

it('a group shows what it holds and who has rights in it; one thing is taken out', async () => {
  const edited = vi.fn();
  server.use(
    http.post('*/api/resources/labels', async ({ request }) => {
      edited(await request.json());
      return HttpResponse.json({ edited: 1 });
    }),
  );
  const { user } = await page();
  expect(await screen.findByRole('link', { name: 'nas' })).toHaveAttribute('href', '/servers/s1');
  const people = await screen.findByRole('list', { name: 'People with rights in the group' });
  expect(within(people).getByText('for this group')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Take nas out' }));
  await vi.waitFor(() => expect(edited).toHaveBeenCalled());
  expect(edited).toHaveBeenCalledWith({ ids: ['s1'], remove_groups: ['Cellar'] });
});

it('a role is given and withdrawn', async () => {
  const done: string[] = [];
  server.use(
    http.put('*/api/users/u2/grants/g1', async ({ request }) => {
      done.push(JSON.stringify(await request.json()));
      return HttpResponse.json({
        group_id: 'g1',
        group_name: 'Cellar',
        role: 'viewer',
        created_at: '2026-03-14T12:00:00Z',
      });
    }),
    http.delete('*/api/users/u1/grants/g1', () => {
      done.push('withdrawn');
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const { user } = await page();
  await user.click(await screen.findByRole('button', { name: 'Give the role' }));
  await user.click(screen.getByRole('button', { name: 'Withdraw the role of bob' }));
  await vi.waitFor(() => expect(done).toEqual(['{"role":"viewer"}', 'withdrawn']));
});

it('a group is renamed, and a name that is taken is told', async () => {
  server.use(
    http.put('*/api/resources/groups/g1', () =>
      HttpResponse.json(
        { title: 'Taken', detail: "There is a group 'Attic' already.", status: 409 },
        { status: 409 },
      ),
    ),
  );
  const { user } = await page();
  await user.click(await screen.findByRole('button', { name: 'Rename' }));
  await user.clear(screen.getByLabelText(/^Name/));
  await user.type(screen.getByLabelText(/^Name/), 'Attic');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText(/There is a group 'Attic' already/)).toBeVisible();
});

it('deleting one tells what goes with it', async () => {
  server.use(
    http.delete('*/api/resources/groups/g1', () => new HttpResponse(null, { status: 204 })),
  );
  const { user } = await page();
  await user.click(await screen.findByRole('button', { name: 'Delete' }));
  expect(await screen.findByText(/lose their role for the group at once: bob/)).toBeVisible();
  expect(screen.getByText(/These alert rules name it.*Hot/)).toBeVisible();
  const dialog = screen.getByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: 'Delete' }));
  await vi.waitFor(() => expect(onDeleted).toHaveBeenCalled());
});

it('a group that nothing names goes without a word of danger', () => {
  const empty = { members: 0, people: [], tokens: [], rules: [], routes: [] };
  const plan = planOf(GROUP, empty);
  expect(plan.steps[0]).toBe('The group is empty: nothing is taken out of it.');
  expect(plan.changed).toEqual(['Nobody has a role for it, and nothing names it.']);
  expect(plan.risks).toBeUndefined();
});

it('a group that is gone says so', async () => {
  await renderUi(<GroupPage id="g9" onDeleted={onDeleted} />, { at: '/', client: client() });
  expect(await screen.findByText('There is no such group')).toBeVisible();
});
