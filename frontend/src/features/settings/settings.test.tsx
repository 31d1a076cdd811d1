import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, it } from 'vitest';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { SettingsPage } from './components/settings-page';

const UNSET = {
  is_set: false,
  kind: null,
  url_hint: '',
  has_token: false,
  is_enabled: false,
  last_sent_at: null,
  last_error: '',
  waiting: 0,
};
const SET = {
  ...UNSET,
  is_set: true,
  kind: 'ntfy',
  url_hint: 'https://ntfy.sh/…',
  is_enabled: true,
};

beforeEach(() =>
  server.use(
    http.get('*/api/settings/alarm', () => HttpResponse.json(UNSET)),
    http.get('*/api/system', () =>
      HttpResponse.json({
        version: '0.1.0',
        database: 'sqlite',
        data_folder: '/var/lib/unity',
        public_url: '',
        time: '2026-01-01T00:00:00Z',
      }),
    ),
    http.get('*/api/system/features', () => HttpResponse.json({ features: { ai: true } })),
  ),
);
const open = () =>
  renderUi(<SettingsPage />, { client: signedInClient('system:read', 'settings:manage') });

it('an address is saved, and then only hinted at', async () => {
  let sent: unknown;
  server.use(
    http.put('*/api/settings/alarm', async ({ request }) => {
      sent = await request.json();
      return HttpResponse.json(SET);
    }),
  );
  const { user } = await open();
  await user.type(await screen.findByLabelText(/^Address/), 'https://ntfy.sh/topic');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText('Address (https://ntfy.sh/…)')).toBeVisible();
  expect(sent).toEqual({
    kind: 'ntfy',
    url: 'https://ntfy.sh/topic',
    token: null,
    is_enabled: true,
  });
});

it('an address that is none is not sent', async () => {
  const { user } = await open();
  await user.type(await screen.findByLabelText(/^Address/), 'ntfy.sh');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText('Begin with https:// or http://.')).toBeVisible();
});

it.each([
  [true, 'The address took the test message'],
  [false, 'The test message did not arrive'],
])('a test tells what came of it (%s)', async (has_arrived, words) => {
  server.use(
    http.get('*/api/settings/alarm', () => HttpResponse.json(SET)),
    http.post('*/api/settings/alarm/test', () => HttpResponse.json({ has_arrived, detail: 'x' })),
  );
  const { user } = await open();
  await user.click(await screen.findByRole('button', { name: 'Send a test' }));
  expect(await screen.findByText(words)).toBeVisible();
});

it('the address is forgotten after a question', async () => {
  let forgotten = 0;
  server.use(
    http.get('*/api/settings/alarm', () => HttpResponse.json(SET)),
    http.delete('*/api/settings/alarm', () => {
      forgotten += 1;
      return new HttpResponse(null, { status: 204 });
    }),
  );
  const { user } = await open();
  await user.click(await screen.findByRole('button', { name: 'Forget' }));
  await user.click(
    (await screen.findAllByRole('button', { name: 'Forget' })).at(-1) ?? document.body,
  );
  await waitFor(() => expect(forgotten).toBe(1));
});

it('one part that fails leaves the others', async () => {
  server.use(
    http.get('*/api/settings/alarm', () => HttpResponse.json({ title: 'Broken' }, { status: 500 })),
  );
  await open();
  expect(await screen.findByText('The alarm address could not be read')).toBeVisible();
  expect(await screen.findByText('SQLite')).toBeVisible();
  expect(await screen.findByText('ai on')).toBeVisible();
});

it('who may not change settings sees only what this Unity is', async () => {
  await renderUi(<SettingsPage />, { client: signedInClient('system:read') });
  expect(await screen.findByText('0.1.0')).toBeVisible();
  expect(screen.queryByText('Where alarms go')).toBeNull();
});
