import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import type { components } from '@/api/schema';
import { alert, pageOf } from '@/testing/factories';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { AlertsPage } from './components/alerts-page';

type Alert = components['schemas']['AlertRead'];

function answers(...alerts: Alert[]) {
  server.use(
    http.get('*/api/alerts', ({ request }) => {
      const state = new URL(request.url).searchParams.get('state');
      return HttpResponse.json(pageOf(...alerts.filter((each) => each.state === state)));
    }),
  );
}
const open = () => renderUi(<AlertsPage />, { client: signedInClient('alerts:read') });

it('what is wrong stands first with its fix, what is over below', async () => {
  answers(
    alert(),
    alert({ id: 'b', state: 'resolved', resource_name: 'pi', resolved_at: '2026-01-01T01:00:00Z' }),
  );
  await open();
  expect(await screen.findByText('Check that it is switched on.')).toBeVisible();
  expect(await screen.findByRole('grid', { name: 'Alerts that are over' })).toHaveTextContent('pi');
});

it('says when nothing is wrong', async () => {
  answers();
  await open();
  expect(await screen.findByText('Nothing is wrong')).toBeVisible();
  expect(await screen.findByText('No history')).toBeVisible();
});

it('says when it could not be read, after a skeleton', async () => {
  server.use(
    http.get('*/api/alerts', () => HttpResponse.json({ title: 'Broken' }, { status: 500 })),
  );
  await open();
  expect(screen.getAllByText('Loading').length).toBeGreaterThan(0);
  expect(await screen.findByText('The alerts could not be read')).toBeVisible();
});
