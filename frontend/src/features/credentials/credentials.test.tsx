import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { sessionQuery } from '@/api/session';
import { session } from '@/testing/factories';
import { renderUi, testClient } from '@/testing/render';
import { server } from '@/testing/server';
import { KeyPage } from './components/key-page';
import { KeysPage } from './components/keys-page';
import { LoginsPage } from './components/logins-page';

const KEY = {
  id: 'k1',
  name: 'attic',
  algorithm: 'ssh-ed25519',
  public_key: 'ssh-ed25519 AAAAC3Nza',
  fingerprint: 'SHA256:abc',
  has_passphrase: false,
  version: 1,
  servers: 1,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
};
const page = (items: object[]) =>
  HttpResponse.json({ items, total: items.length, page: 1, per_page: 1000 });

function client() {
  const made = testClient();
  made.setQueryData(
    sessionQuery.queryKey,
    session({ permissions: ['credentials:read', 'credentials:manage'] }),
  );
  return made;
}

describe.each([
  ['SSH keys', '*/api/credentials/ssh-keys', <KeysPage key="keys" />, 'No SSH keys yet'],
  ['logins', '*/api/credentials/logins', <LoginsPage key="logins" />, 'No logins yet'],
])('the list of %s', (_, path, ui, emptyTitle) => {
  it('says what is missing and how to fill it', async () => {
    server.use(http.get(path, () => page([])));
    await renderUi(ui, { client: client() });
    expect(await screen.findByRole('heading', { name: emptyTitle })).toBeVisible();
  });

  it('tells a problem and tries again', async () => {
    server.use(http.get(path, () => HttpResponse.json({ title: 'Gone' }, { status: 500 })));
    const { user } = await renderUi(ui, { client: client() });
    expect(await screen.findByRole('alert')).toHaveTextContent('Gone');
    server.use(http.get(path, () => page([])));
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('heading', { name: emptyTitle })).toBeVisible();
  });

  it('waits without an error', async () => {
    server.use(http.get(path, () => new Promise<never>(() => undefined)));
    await renderUi(ui, { client: client() });
    expect(screen.getByRole('status')).toHaveTextContent('Loading');
  });
});

describe('one SSH key', () => {
  it('shows its public half, and is not deleted while a server needs it', async () => {
    server.use(
      http.get('*/api/credentials/ssh-keys/k1', () => HttpResponse.json(KEY)),
      http.get('*/api/credentials/ssh-keys/k1/deployments', () => HttpResponse.json([])),
      http.get('*/api/resources/k1/edges', () =>
        HttpResponse.json([
          {
            id: 'e1',
            kind: 'uses',
            source_id: 's1',
            source_name: 'nas',
            target_id: 'k1',
            target_name: 'attic',
          },
        ]),
      ),
    );
    const { user } = await renderUi(<KeyPage keyId="k1" onDeleted={() => undefined} />, {
      client: client(),
    });
    expect(await screen.findByText(KEY.public_key)).toBeVisible();
    expect(await screen.findByRole('link', { name: 'nas' })).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Delete' }));
    expect(await screen.findByText('It is needed by nas.')).toBeVisible();
    for (const button of screen.getAllByRole('button', { name: 'Delete' }).slice(1))
      expect(button).toBeDisabled();
  });
});
