import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, it } from 'vitest';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { GrantsSection } from './components/grants-section';
import { ServiceAccounts } from './components/service-accounts';

const GROUP = { id: 'g1', name: 'Rack 1', description: '', count: 2 };
const GRANT = {
  group_id: 'g1',
  group_name: 'Rack 1',
  role: 'operator',
  created_at: '2026-03-14T12:00:00Z',
};
const ACCOUNT = {
  id: 's1',
  name: 'robot',
  description: 'Nightly',
  role: 'operator',
  owner_id: null,
  owner: null,
  is_disabled: false,
  created_at: '2026-03-14T12:00:00Z',
  tokens: 1,
  last_used_at: null,
};
const client = () => signedInClient('users:manage', 'resources:read');
const grants = () =>
  renderUi(<GrantsSection userId="u1" mayManage />, { at: '/', client: client() });

beforeEach(() => {
  server.use(
    http.get('*/api/resources/groups', () => HttpResponse.json([GROUP])),
    http.get('*/api/resources/groups/g1/people', () =>
      HttpResponse.json([
        {
          user_id: 'u2',
          user_name: 'alice',
          is_service: false,
          is_disabled: false,
          role: 'admin',
          is_everywhere: true,
        },
      ]),
    ),
  );
});

it('a role is given for a group', async () => {
  let given: unknown;
  server.use(
    http.get('*/api/users/u1/grants', () => HttpResponse.json([])),
    http.put('*/api/users/u1/grants/g1', async ({ request }) => {
      given = await request.json();
      return HttpResponse.json(GRANT);
    }),
  );
  const { user } = await grants();
  expect(await screen.findByText('None: only the role for all counts.')).toBeVisible();
  await user.selectOptions(await screen.findByLabelText('Role in the group'), 'operator');
  await user.click(screen.getByRole('button', { name: 'Give the role' }));
  expect(given).toEqual({ role: 'operator' });
});

it('a role is withdrawn, and the others of the group are named', async () => {
  let isGone = false;
  server.use(
    http.get('*/api/users/u1/grants', () => HttpResponse.json(isGone ? [] : [GRANT])),
    http.delete('*/api/users/u1/grants/g1', () => {
      isGone = true;
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const { user } = await grants();
  expect(await screen.findByText('Also: alice (admin for all)')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Withdraw' }));
  expect(await screen.findByText('None: only the role for all counts.')).toBeVisible();
});

it('grants that cannot be read say why', async () => {
  server.use(
    http.get('*/api/users/u1/grants', () => HttpResponse.json({ title: 'No' }, { status: 403 })),
  );
  await grants();
  expect(await screen.findByRole('alert')).toHaveTextContent('The roles could not be read');
});

it('service accounts are listed, switched off and added', async () => {
  let changed: unknown;
  let added: unknown;
  server.use(
    http.get('*/api/service-accounts', () =>
      HttpResponse.json({ items: [ACCOUNT], total: 1, page: 1, per_page: 1000 }),
    ),
    http.patch('*/api/service-accounts/s1', async ({ request }) => {
      changed = await request.json();
      return HttpResponse.json(ACCOUNT);
    }),
    http.post('*/api/service-accounts', async ({ request }) => {
      added = await request.json();
      return HttpResponse.json(ACCOUNT, { status: 201 });
    }),
  );
  const { user } = await renderUi(<ServiceAccounts mayManage />, { at: '/', client: client() });
  const table = await screen.findByRole('list', { name: 'Service accounts' });
  expect(within(table).getByText('robot')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Disable' }));
  expect(changed).toEqual({ is_disabled: true });
  await user.type(screen.getByRole('textbox', { name: 'Program' }), 'second');
  await user.click(screen.getByRole('button', { name: 'Add the account' }));
  expect(added).toEqual({ name: 'second', description: '', role: 'viewer', owner: '' });
});

it('without service accounts the page says what they are for', async () => {
  server.use(
    http.get('*/api/service-accounts', () =>
      HttpResponse.json({ items: [], total: 0, page: 1, per_page: 1000 }),
    ),
  );
  await renderUi(<ServiceAccounts mayManage={false} />, { at: '/', client: client() });
  expect(await screen.findByText(/No program has an account of its own/)).toBeVisible();
});
