import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, it } from 'vitest';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { SettingsPage } from './components/settings-page';

const USUAL = {
  raw_days: 7,
  five_minute_days: 30,
  hour_days: 400,
  day_days: 1826,
  history_days: 400,
};
const NOTHING = {
  raw_days: null,
  five_minute_days: null,
  hour_days: null,
  day_days: null,
  history_days: null,
};

beforeEach(() =>
  server.use(
    http.get('*/api/metrics/retention', () =>
      HttpResponse.json({
        defaults: USUAL,
        kinds: [
          { kind: 'server', own: NOTHING, effective: USUAL },
          {
            kind: 'storage_device',
            own: { ...NOTHING, day_days: 3650 },
            effective: { ...USUAL, day_days: 3650 },
          },
        ],
      }),
    ),
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

it('it says what this Unity is, and what is switched on', async () => {
  await renderUi(<SettingsPage />, { client: signedInClient('system:read') });
  expect(await screen.findByText('0.1.0')).toBeVisible();
  expect(await screen.findByText('SQLite')).toBeVisible();
  expect(await screen.findByText('ai on')).toBeVisible();
});

it('one part that fails leaves the others', async () => {
  server.use(
    http.get('*/api/system/features', () =>
      HttpResponse.json({ title: 'Broken' }, { status: 500 }),
    ),
  );
  await renderUi(<SettingsPage />, { client: signedInClient('system:read') });
  expect(await screen.findByText('SQLite')).toBeVisible();
  expect(await screen.findByRole('alert')).toBeVisible();
});

it('how long drives are remembered can be changed, and an empty field goes back to the settings', async () => {
  const sent: unknown[] = [];
  server.use(
    http.put('*/api/metrics/retention/storage_device', async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json({ kind: 'storage_device', own: NOTHING, effective: USUAL });
    }),
  );
  const { user } = await renderUi(<SettingsPage />, {
    client: signedInClient('system:read', 'settings:manage'),
  });
  expect(await screen.findByText('Daily values: 3650 days')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Change how long Drives are remembered' }));
  await user.type(await screen.findByLabelText('Samples'), '14');
  await user.clear(screen.getByLabelText('Daily values'));
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(sent).toEqual([{ ...NOTHING, raw_days: 14 }]));
});

it('who may not change settings sees how long things are remembered, and no button', async () => {
  await renderUi(<SettingsPage />, { client: signedInClient('system:read') });
  expect(await screen.findByText('Servers')).toBeVisible();
  expect(screen.queryByRole('button', { name: /Change how long/ })).toBeNull();
});
