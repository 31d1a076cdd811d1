import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import { sessionQuery } from '@/api/session';
import { session } from '@/testing/factories';
import { renderUi, testClient } from '@/testing/render';
import { server } from '@/testing/server';
import { HostKeys } from './components/host-keys';
import { RootRights } from './components/root-rights';

const LONG_AGO = '2026-01-01T00:00:00Z';
const hostKey = (fingerprint: string, state: string) => ({
  id: fingerprint,
  server_id: 's1',
  algorithm: 'ssh-ed25519',
  public: 'ssh-ed25519 AAAA',
  fingerprint,
  state,
  decided_by: '',
  created_at: LONG_AGO,
  updated_at: LONG_AGO,
});

async function show(keys: object[] | { status: number }) {
  const client = testClient();
  client.setQueryData(sessionQuery.queryKey, session({ permissions: ['servers:manage'] }));
  server.use(
    http.get('*/api/infrastructure/servers/s1/host-keys', () =>
      Array.isArray(keys)
        ? HttpResponse.json(keys)
        : HttpResponse.json({ title: 'Gone' }, { status: keys.status }),
    ),
  );
  return renderUi(<HostKeys serverId="s1" serverName="nas" />, { client });
}

describe('the host keys of a server', () => {
  it('say why there is none', async () => {
    await show([]);
    expect(await screen.findByText('No host key yet')).toBeVisible();
  });

  it('tell a problem', async () => {
    await show({ status: 500 });
    expect(await screen.findByRole('alert')).toHaveTextContent('Gone');
  });

  it('show how to compare a key of the first contact', async () => {
    await show([hostKey('SHA256:one', 'offered')]);
    expect(await screen.findByText(/waits for its host key/)).toBeVisible();
    expect(screen.getByText('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')).toBeVisible();
  });

  it('set a changed key beside the approved one and approve exactly that', async () => {
    const approved = vi.fn();
    server.use(
      http.post('*/api/infrastructure/servers/s1/host-keys/approve', async ({ request }) => {
        approved(await request.json());
        return HttpResponse.json(hostKey('SHA256:new', 'approved'));
      }),
    );
    const { user } = await show([
      hostKey('SHA256:new', 'quarantined'),
      hostKey('SHA256:old', 'approved'),
    ]);
    const incident = await screen.findByRole('alert');
    expect(incident).toHaveTextContent('SHA256:old');
    expect(incident).toHaveTextContent('SHA256:new');
    await user.click(screen.getByRole('button', { name: 'Approve the new key' }));
    await user.click(screen.getByRole('button', { name: 'Trust the new key' }));
    await vi.waitFor(() => expect(approved).toHaveBeenCalledWith({ fingerprint: 'SHA256:new' }));
  });
});

it('says what each right unlocks, with its lines, and sets apart what changes something', async () => {
  const line = 'unity ALL=(root) NOPASSWD: /usr/sbin/zpool scrub tank';
  server.use(
    http.get('*/api/infrastructure/servers/s1/privileges', () =>
      HttpResponse.json({
        username: 'unity',
        sudo: 'passwordless',
        grants: [
          {
            code: 'scrubs',
            title: 'Scrubs and checks',
            unlocks: 'Starting them.',
            without: 'They are started on the machine itself.',
            changes: true,
            lines: [line],
          },
        ],
      }),
    ),
  );
  await renderUi(<RootRights serverId="s1" />);
  expect(await screen.findByText(line)).toBeVisible();
  expect(screen.getByText(/changes something on the machine/)).toBeVisible();
  expect(screen.getByText(/Without it: They are started/)).toBeVisible();
});
