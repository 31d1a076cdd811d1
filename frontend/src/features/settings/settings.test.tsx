import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, it } from 'vitest';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { SettingsPage } from './components/settings-page';

beforeEach(() =>
  server.use(
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
