import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { sessionQuery } from '@/api/session';
import { session } from '@/testing/factories';
import { renderUi, testClient } from '@/testing/render';
import { server } from '@/testing/server';
import { AddServerPage } from './components/add-server-page';

const FINGERPRINT = 'SHA256:uNiVztksCsDhcc0u9e8BrqFXFt9vUhbGGJWqHrkjfvM';
const page = (items: object[]) =>
  HttpResponse.json({ items, total: items.length, page: 1, per_page: 1000 });

/** The run that was asked for has ended with this result. */
function runEnds(result: object) {
  server.use(
    http.get('*/api/job-runs/*', () =>
      HttpResponse.json({ state: 'succeeded', result, error: '' }),
    ),
  );
}

const accepted = () => HttpResponse.json({ run_id: 'r1', is_new: true }, { status: 202 });

beforeEach(() => {
  server.use(
    http.get('*/api/infrastructure/servers', () => page([{ id: 's1', name: 'nas' }])),
    http.get('*/api/credentials/ssh-keys', () => page([])),
    http.get('*/api/credentials/logins', () => page([])),
    http.post('*/api/infrastructure/servers/probe', accepted),
  );
});

async function open(permissions: ('servers:manage' | 'servers:read')[] = ['servers:manage']) {
  const client = testClient();
  client.setQueryData(sessionQuery.queryKey, session({ permissions }));
  const noop = () => undefined;
  return renderUi(<AddServerPage serverId={undefined} onEntered={noop} onAgain={noop} />, {
    client,
  });
}

async function reach(user: Awaited<ReturnType<typeof renderUi>>['user']) {
  await user.type(screen.getByRole('textbox', { name: 'Host' }), 'attic.lan');
  await user.click(screen.getByRole('button', { name: 'Look for it' }));
}

const reached = {
  host: 'attic.lan',
  port: 22,
  is_reachable: true,
  host_key: { algorithm: 'ssh-ed25519', public: 'ssh-ed25519 AAAA', fingerprint: FINGERPRINT },
  message: 'The machine answers and shows this host key.',
  fix: '',
};

describe('the add-server wizard', () => {
  it('begins with the address and keeps what comes later closed', async () => {
    await open();
    expect(screen.getByRole('textbox', { name: 'Host' })).toBeVisible();
    expect(screen.getByRole('button', { name: /Log in/ })).toBeDisabled();
  });

  it('tells a viewer that it is not for them', async () => {
    await open(['servers:read']);
    expect(screen.getByText('Your role may not add servers.')).toBeVisible();
  });

  it('takes the name from the host until somebody gives another one', async () => {
    const { user } = await open();
    await user.type(screen.getByRole('textbox', { name: 'Host' }), 'attic.lan');
    expect(screen.getByRole('textbox', { name: 'Name' })).toHaveValue('attic');
  });

  it('shows the fingerprint, and refuses another one that is pasted', async () => {
    runEnds(reached);
    const { user } = await open();
    await reach(user);
    expect(await screen.findByLabelText('Fingerprint')).toHaveTextContent(FINGERPRINT);
    await user.type(screen.getByLabelText('Let Unity compare'), 'SHA256:another');
    expect(screen.getByText('This is another fingerprint. Do not approve it.')).toBeVisible();
    expect(screen.getByRole('button', { name: /approve/ })).toBeDisabled();
  });

  it('says why a machine was not reached, what to do, and keeps what was typed', async () => {
    runEnds({
      ...reached,
      is_reachable: false,
      host_key: null,
      message: 'attic.lan cannot be reached: the connection was refused.',
      fix: 'Check the port.',
    });
    const { user } = await open();
    await reach(user);
    const checks = await screen.findByRole('list', { name: 'Whether the machine answers' });
    await vi.waitFor(() => expect(checks).toHaveTextContent('Check the port.'));
    expect(checks).toHaveTextContent('the connection was refused');
    expect(within(checks).getByRole('button', { name: /^Copy/ })).toBeVisible();
    expect(screen.getByRole('textbox', { name: 'Host' })).toHaveValue('attic.lan');
  });

  it('says that Unity itself failed', async () => {
    const body = { title: 'Too many requests', detail: 'Wait a minute.' };
    server.use(
      http.post('*/api/infrastructure/servers/probe', () =>
        HttpResponse.json(body, { status: 429 }),
      ),
    );
    const { user } = await open();
    await reach(user);
    expect(await screen.findByRole('alert')).toHaveTextContent('Wait a minute.');
  });
});
