import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { pageOf, token, user as person } from '@/testing/factories';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { ProfilePage } from './components/profile-page';
import { TokensPage } from './components/tokens-page';
import { UserPage } from './components/user-page';
import { UsersPage } from './components/users-page';

const BOB = person({ id: '01981f3a-0000-7000-8000-000000000002', name: 'bob', role: 'viewer' });
const SESSION = {
  id: '01981f3a-0000-7000-8000-0000000000f1',
  created_at: '2026-01-01T00:00:00Z',
  last_seen_at: '2026-01-01T00:00:00Z',
  address: '192.0.2.10',
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0',
  device: 'Firefox on Linux',
  has_second_factor: false,
  is_current: false,
};
const ROLES = {
  roles: ['admin'],
  permissions: [
    { permission: 'metrics:read', description: 'Read measurements.', roles: ['admin'] },
    { permission: 'servers:manage', description: 'Change servers.', roles: ['admin'] },
  ],
};
beforeEach(() => {
  server.use(
    http.get('*/api/service-accounts', () => HttpResponse.json(pageOf())),
    http.get('*/api/resources/groups', () => HttpResponse.json([])),
    http.get('*/api/users/:id/grants', () => HttpResponse.json([])),
  );
});

const refused = () =>
  HttpResponse.json({ title: 'Not allowed', detail: 'bob has no right.' }, { status: 403 });

describe('the users', () => {
  it('are listed, and only who may gets the button', async () => {
    server.use(http.get('*/api/users', () => HttpResponse.json(pageOf(person(), BOB))));
    await renderUi(<UsersPage />, { client: signedInClient('users:read') });
    expect(await screen.findByRole('link', { name: 'bob' })).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Add a user' })).toBeNull();
  });

  it('are refused in words', async () => {
    server.use(http.get('*/api/users', refused));
    await renderUi(<UsersPage />, { client: signedInClient() });
    expect(await screen.findByRole('alert')).toHaveTextContent('bob has no right.');
  });

  it('are loading before they are there, and an empty list says so', async () => {
    let answer = () => undefined as void;
    const gate = new Promise<void>((resolve) => (answer = resolve));
    server.use(
      http.get('*/api/users', async () => {
        await gate;
        return HttpResponse.json(pageOf());
      }),
    );
    await renderUi(<UsersPage />, { client: signedInClient('users:read') });
    expect(screen.getByText('Loading')).toBeInTheDocument();
    answer();
    expect(await screen.findByText('No users')).toBeVisible();
  });

  it('are added, and a name that is taken is told at its field', async () => {
    const taken = {
      title: 'Not valid',
      errors: [{ pointer: '/body/name', detail: 'There is a bob already.' }],
    };
    server.use(
      http.get('*/api/users', () => HttpResponse.json(pageOf(person()))),
      http.post('*/api/users', () => HttpResponse.json(taken, { status: 409 })),
    );
    const { user } = await renderUi(<UsersPage />, {
      client: signedInClient('users:read', 'users:manage'),
    });
    await user.click(await screen.findByRole('button', { name: 'Add a user' }));
    await user.type(await screen.findByLabelText(/^Name/), 'bob');
    await user.type(screen.getByLabelText(/^First password/), 'four words and more');
    await user.click(screen.getByRole('button', { name: 'Add the user' }));
    expect(await screen.findByText('There is a bob already.')).toBeVisible();
  });
});

describe('one user', () => {
  const open = async (onDeleted = () => undefined as void) => {
    server.use(
      http.get('*/api/users/:id', () => HttpResponse.json(BOB)),
      http.get('*/api/users/:id/sessions', () => HttpResponse.json([SESSION])),
      http.get('*/api/users/:id/tokens', () => HttpResponse.json(pageOf(token()))),
    );
    return renderUi(<UserPage id={BOB.id} onDeleted={onDeleted} />, {
      client: signedInClient('users:read', 'users:manage', 'tokens:manage'),
    });
  };

  it('is deleted only after the name was typed, and the plan says what goes', async () => {
    server.use(http.delete('*/api/users/:id', () => new HttpResponse(null, { status: 204 })));
    const onDeleted = vi.fn();
    const { user } = await open(onDeleted);
    await user.click(await screen.findByRole('button', { name: 'Delete' }));
    const dialog = await screen.findByRole('dialog');
    expect(await within(dialog).findByText(/tokens are refused: grafana/)).toBeVisible();
    const button = within(dialog).getByRole('button', { name: 'Delete' });
    expect(button).toBeDisabled();
    await user.type(within(dialog).getByLabelText(/Type bob to confirm/), 'bob');
    await user.click(button);
    await waitFor(() => expect(onDeleted).toHaveBeenCalledOnce());
  });

  it('loses a session', async () => {
    let ended: unknown;
    server.use(
      http.delete('*/api/users/:id/sessions/:session', ({ params }) => {
        ended = params.session;
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = await open();
    await user.click(await screen.findByRole('button', { name: /^End the session of Firefox/ }));
    await waitFor(() => expect(ended).toBe(SESSION.id));
  });
});

describe('tokens', () => {
  it('are made with the chosen rights and shown once', async () => {
    let sent: unknown;
    server.use(
      http.get('*/api/tokens', () => HttpResponse.json(pageOf())),
      http.get('*/api/roles', () => HttpResponse.json(ROLES)),
      http.post('*/api/tokens', async ({ request }) => {
        sent = await request.json();
        return HttpResponse.json({ ...token(), token: 'unity_PUBLIC_secret' }, { status: 201 });
      }),
    );
    const { user } = await renderUi(<TokensPage />, { client: signedInClient('metrics:read') });
    await user.click(
      (await screen.findAllByRole('button', { name: 'Make a token' }))[0] ?? document.body,
    );
    await user.type(await screen.findByLabelText(/^Name/), 'grafana');
    expect(screen.queryByLabelText('servers:manage')).toBeNull();
    await user.click(await screen.findByLabelText('metrics:read'));
    await user.click(screen.getByRole('button', { name: 'Make the token' }));
    expect(await screen.findByText('unity_PUBLIC_secret')).toBeVisible();
    expect(sent).toEqual({
      name: 'grafana',
      scopes: ['metrics:read'],
      expires_in_days: 90,
      owner: '',
      groups: [],
      addresses: [],
    });
  });

  it('are revoked after a question', async () => {
    let revoked = 0;
    server.use(
      http.get('*/api/tokens', () => HttpResponse.json(pageOf(token()))),
      http.delete('*/api/tokens/:id', () => {
        revoked += 1;
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = await renderUi(<TokensPage />, { client: signedInClient() });
    await user.click(await screen.findByRole('button', { name: 'Revoke grafana' }));
    await user.click(await screen.findByRole('button', { name: 'Revoke' }));
    await waitFor(() => expect(revoked).toBe(1));
  });

  it('say why they could not be read', async () => {
    server.use(http.get('*/api/tokens', refused));
    await renderUi(<TokensPage />, { client: signedInClient() });
    expect(await screen.findByRole('alert')).toHaveTextContent('The tokens could not be read');
  });
});

describe('the own profile', () => {
  const open = async () => {
    server.use(
      http.get('*/api/auth/sessions', () =>
        HttpResponse.json([
          { ...SESSION, id: '01981f3a-0000-7000-8000-0000000000f2', is_current: true },
          SESSION,
        ]),
      ),
      http.get('*/api/tokens', () => HttpResponse.json(pageOf())),
    );
    return renderUi(<ProfilePage />, { client: signedInClient() });
  };

  it('does not end the session that asks, but all others', async () => {
    let ended = 0;
    server.use(
      http.delete('*/api/auth/sessions', () => {
        ended += 1;
        return HttpResponse.json({ ended: 1 });
      }),
    );
    const { user } = await open();
    expect(await screen.findAllByRole('button', { name: /^End the session/ })).toHaveLength(1);
    await user.click(screen.getByRole('button', { name: 'End all others' }));
    await waitFor(() => expect(ended).toBe(1));
  });

  it('saves the own full name, and says so', async () => {
    const sent: unknown[] = [];
    server.use(
      http.patch('*/api/auth/profile', async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json(BOB);
      }),
    );
    const { user } = await open();
    const name = await screen.findByLabelText('Full name');
    await user.clear(name);
    await user.type(name, 'Bob Okafor');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText('Your name is saved')).toBeVisible();
    expect(sent).toEqual([{ full_name: 'Bob Okafor' }]);
  });

  it('does not send two passwords that differ', async () => {
    const { user } = await open();
    await user.type(screen.getByLabelText(/^Present password/), 'the old words');
    await user.type(screen.getByLabelText(/^New password(?! again)/), 'four words and more');
    await user.type(screen.getByLabelText(/^New password again/), 'other');
    await user.click(screen.getByRole('button', { name: 'Change the password' }));
    expect(await screen.findByText('The two passwords differ.')).toBeVisible();
  });
});
