import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, it } from 'vitest';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import type { Backup, Destination } from './api';
import { BackupPage } from './components/backup-page';

const SHELF: Destination = {
  id: '0198-1',
  name: 'shelf',
  kind: 'folder',
  is_enabled: true,
  folder: '/mnt/backup',
  host: '',
  port: 22,
  username: '',
  host_key: '',
  host_key_fingerprint: '',
  endpoint: '',
  region: '',
  bucket: '',
  prefix: '',
  access_key_id: '',
  uses_path_style: true,
  has_secret: false,
  keep_last: 7,
  keep_daily: 7,
  keep_weekly: 4,
  keep_monthly: 6,
  address: '/mnt/backup',
  last_success_at: '2026-01-01T00:00:00Z',
  last_error: '',
  last_drill_at: '2026-01-01T00:00:00Z',
  last_drill_state: 'green',
  last_drill_reason: '',
};
const BACKUP: Backup = {
  id: '0198-2',
  destination_id: SHELF.id,
  destination_name: 'shelf',
  state: 'succeeded',
  file_name: 'unity-0a1b2c3d-20260101T000000Z.unitybackup',
  size_bytes: 2048,
  sha256: 'ab',
  rows: 12,
  requested_by: 'schedule',
  job_run_id: null,
  started_at: '2026-01-01T00:00:00Z',
  finished_at: '2026-01-01T00:00:03Z',
  verified_at: '2026-01-01T00:00:03Z',
  deleted_at: null,
  error: '',
};

const page = (items: unknown[]) =>
  HttpResponse.json({ items, total: items.length, page: 1, per_page: 20 });

function answer({
  destinations = [] as Destination[],
  backups = [] as Backup[],
  has_passphrase = true,
}) {
  server.use(
    http.get('*/api/backups/settings', () =>
      HttpResponse.json({ has_passphrase, passphrase_set_at: null }),
    ),
    http.get('*/api/backups/destinations', () => HttpResponse.json(destinations)),
    http.get('*/api/backups/drills', () => page([])),
    http.get('*/api/backups', () => page(backups)),
  );
}
beforeEach(() => answer({}));

const open = () => renderUi(<BackupPage />, { client: signedInClient('backup:manage') });

it('an empty page says what is missing and how to fill it', async () => {
  answer({ has_passphrase: false });
  await open();
  expect(await screen.findByText('Nothing is backed up yet')).toBeVisible();
  expect(await screen.findByText('No passphrase is set')).toBeVisible();
  expect(await screen.findByText('No backup was made yet')).toBeVisible();
  expect(await screen.findByText('Never tried to restore')).toBeVisible();
});

it('a short passphrase is not sent, a long one is, and is never shown', async () => {
  answer({ has_passphrase: false });
  let sent: unknown;
  server.use(
    http.put('*/api/backups/passphrase', async ({ request }) => {
      sent = await request.json();
      answer({});
      return HttpResponse.json({ has_passphrase: true, passphrase_set_at: null });
    }),
  );
  const { user } = await open();
  await user.type(await screen.findByLabelText('Passphrase', { selector: 'input' }), 'short');
  await user.click(screen.getByRole('button', { name: 'Set the passphrase' }));
  expect(await screen.findByText(/At least 12 characters/)).toBeVisible();
  await user.type(
    screen.getByLabelText('Passphrase', { selector: 'input' }),
    ' but now long enough',
  );
  await user.click(screen.getByRole('button', { name: 'Set the passphrase' }));
  expect(await screen.findByText('kept, not shown')).toBeVisible();
  expect(sent).toEqual({ passphrase: 'short but now long enough' });
});

it('a destination is added with the fields of its kind', async () => {
  let sent: unknown;
  server.use(
    http.post('*/api/backups/destinations', async ({ request }) => {
      sent = await request.json();
      return HttpResponse.json(SHELF, { status: 201 });
    }),
  );
  const { user } = await open();
  await user.click(await screen.findByRole('button', { name: 'Add a destination' }));
  const dialog = within(await screen.findByRole('dialog'));
  await user.type(dialog.getByLabelText(/^Name/), 'bucket');
  await user.click(dialog.getByLabelText('S3'));
  await user.type(dialog.getByLabelText(/^Bucket \*|^Bucket$/), 'b');
  await user.type(dialog.getByLabelText(/^Access key/), 'id');
  await user.type(dialog.getByLabelText('Secret key'), 'hidden');
  await user.click(dialog.getByRole('button', { name: 'Add the destination' }));
  await waitFor(() =>
    expect(sent).toMatchObject({
      name: 'bucket',
      kind: 's3',
      bucket: 'b',
      access_key_id: 'id',
      secret_access_key: 'hidden',
      password: null,
      keep_last: 7,
    }),
  );
});

it.each([
  [{}, 'can be restored'],
  [{ last_drill_state: 'red', last_drill_reason: 'cut short' } as const, 'last drill failed'],
  [{ last_error: 'no room' }, 'last backup failed'],
  [{ last_drill_state: null }, 'never tried to restore'],
  [{ is_enabled: false }, 'off'],
])('a destination says in a word how it stands (%o)', async (change, word) => {
  answer({ destinations: [{ ...SHELF, ...change }] });
  await open();
  expect(await screen.findByText(word)).toBeVisible();
});

it('an unknown host key is shown and approved from the test', async () => {
  const server_ = { ...SHELF, kind: 'sftp', host: 'nas', username: 'u' } as const;
  answer({ destinations: [server_] });
  let sent: unknown;
  server.use(
    http.post('*/api/backups/destinations/*/test', () =>
      HttpResponse.json({
        has_passed: sent !== undefined,
        detail: 'nas is new.',
        fix: '',
        offered_host_key: 'ssh-ed25519 AAAA',
        offered_fingerprint: 'SHA256:abc',
      }),
    ),
    http.put('*/api/backups/destinations/*', async ({ request }) => {
      sent = await request.json();
      return HttpResponse.json(server_);
    }),
  );
  const { user } = await open();
  await user.click(await screen.findByRole('button', { name: 'Test: shelf' }));
  await user.click(await screen.findByRole('button', { name: 'Approve SHA256:abc' }));
  expect(await screen.findByText('The destination works')).toBeVisible();
  expect(sent).toMatchObject({ host_key: 'ssh-ed25519 AAAA', password: null });
});

it('a backup is made and tried at one destination', async () => {
  answer({ destinations: [SHELF] });
  const sent: unknown[] = [];
  const take = async ({ request }: { request: Request }) => {
    sent.push([new URL(request.url).pathname, await request.json()]);
    return HttpResponse.json({ id: '1' }, { status: 202 });
  };
  server.use(http.post('*/api/backups', take), http.post('*/api/backups/drills', take));
  const { user } = await open();
  await user.click(await screen.findByRole('button', { name: 'Back up now: shelf' }));
  await user.click(screen.getByRole('button', { name: 'Try to restore: shelf' }));
  await waitFor(() =>
    expect(sent).toEqual([
      ['/api/backups', { destination_id: SHELF.id }],
      ['/api/backups/drills', { destination_id: SHELF.id }],
    ]),
  );
});

it('only an archive that is still there can be fetched', async () => {
  answer({
    backups: [
      BACKUP,
      { ...BACKUP, id: '3', destination_name: 'old', deleted_at: '2026-01-02T00:00:00Z' },
      { ...BACKUP, id: '4', destination_name: 'gone', state: 'failed', error: 'no room' },
    ],
  });
  await open();
  expect(await screen.findByText('thinned out')).toBeVisible();
  expect(screen.getAllByRole('button', { name: /^Download/ })).toHaveLength(1);
});

it('a destination is forgotten after a question', async () => {
  answer({ destinations: [SHELF] });
  let forgotten = 0;
  server.use(
    http.delete('*/api/backups/destinations/*', () => {
      forgotten += 1;
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const { user } = await open();
  await user.click(await screen.findByRole('button', { name: 'Forget: shelf' }));
  await user.click(
    within(await screen.findByRole('dialog')).getByRole('button', { name: 'Forget' }),
  );
  await waitFor(() => expect(forgotten).toBe(1));
});

it('one part that fails leaves the others', async () => {
  server.use(
    http.get('*/api/backups/destinations', () =>
      HttpResponse.json({ title: 'Broken' }, { status: 500 }),
    ),
  );
  await open();
  expect(await screen.findByText('The destinations could not be read')).toBeVisible();
  expect(await screen.findByText('To restore')).toBeVisible();
});
