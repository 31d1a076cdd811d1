import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, it } from 'vitest';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { ReportsOfChannel, SilentReports } from './components/channel-uses';
import { IssuePage } from './components/issue-page';
import { ReportsPage } from './components/reports-page';

const AT = '2026-03-16T06:00:00Z';
const REPORT = {
  id: 'r1',
  name: 'Weekly health',
  group_id: null,
  group_name: '',
  is_enabled: true,
  weekday: 0,
  clock: '07:00',
  zone: 'Europe/Berlin',
  channel_ids: ['c1'],
  next_at: AT,
  last_at: null,
  finding: '',
};
const ISSUE = {
  id: 'i1',
  report_id: 'r1',
  report_name: 'Weekly health',
  group_name: '',
  cause: 'schedule',
  requested_by: '',
  made_at: AT,
  began_at: AT,
  ended_at: AT,
  title: 'Weekly health: nothing is wrong now, 2 alerts in the week',
  counts: {},
  channels: ['Mail'],
};
const page = (items: unknown[]) => ({ items, total: items.length, page: 1, per_page: 25 });

beforeEach(() =>
  server.use(
    http.get('*/api/infrastructure/reports', () => HttpResponse.json([REPORT])),
    http.get('*/api/infrastructure/reports/issues', () => HttpResponse.json(page([ISSUE]))),
    http.get('*/api/infrastructure/reports/issues/i1', () =>
      HttpResponse.json({ ...ISSUE, text: 'Full soon', html: '<p>Full soon</p>' }),
    ),
    http.get('*/api/notifications/channel-names', () =>
      HttpResponse.json([{ id: 'c1', name: 'Mail', is_enabled: true, state: 'ok' }]),
    ),
    http.get('*/api/resources/groups', () => HttpResponse.json([])),
  ),
);
const open = () =>
  renderUi(<ReportsPage />, {
    client: signedInClient('notifications:manage'),
    at: '/alerts/reports',
  });

it('the deletion of its channel is told before', async () => {
  const several = { ...REPORT, id: 'r2', name: 'For the office', channel_ids: ['c1', 'c2'] };
  server.use(http.get('*/api/infrastructure/reports', () => HttpResponse.json([REPORT, several])));
  await renderUi(<ReportsOfChannel channelId="c1" />, {
    client: signedInClient('notifications:manage'),
  });
  const [alone, other] = await screen.findAllByRole('listitem');
  expect(alone).toHaveTextContent('Weekly health will reach nobody');
  expect(other).toHaveTextContent('For the office goes on to its other channels.');
});

it('a report that reaches nobody says so, also where channels are deleted', async () => {
  const finding = 'It reaches nobody: it has no channel, or the one that it had was deleted.';
  server.use(
    http.get('*/api/infrastructure/reports', () =>
      HttpResponse.json([{ ...REPORT, channel_ids: [], finding }]),
    ),
  );
  await open();
  expect(await screen.findByText(finding)).toBeVisible();
  await renderUi(<SilentReports />, { client: signedInClient('notifications:manage') });
  expect(await screen.findByText('The report Weekly health reaches nobody')).toBeVisible();
});

it('a planned report says when it comes and to whom, and is sent at once when asked', async () => {
  let sent = 0;
  server.use(
    http.post('*/api/infrastructure/reports/r1/send', () => {
      sent += 1;
      return HttpResponse.json(ISSUE);
    }),
  );
  const { user } = await open();
  expect(await screen.findByText('Every Monday at 07:00, Europe/Berlin')).toBeVisible();
  expect(await screen.findByText('To Mail')).toBeVisible();
  expect(await screen.findByText(ISSUE.title)).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Send now' }));
  await waitFor(() => expect(sent).toBe(1));
});

it('a report is planned by its form', async () => {
  const wishes: unknown[] = [];
  server.use(
    http.get('*/api/infrastructure/reports', () => HttpResponse.json([])),
    http.post('*/api/infrastructure/reports', async ({ request }) => {
      wishes.push(await request.json());
      return HttpResponse.json(REPORT, { status: 201 });
    }),
  );
  const { user } = await open();
  expect(await screen.findByText('No report is planned')).toBeVisible();
  const [plan] = screen.getAllByRole('button', { name: 'Plan a report' });
  if (plan === undefined) throw new Error('There is no button.');
  await user.click(plan);
  const dialog = within(await screen.findByRole('dialog'));
  await user.selectOptions(dialog.getByLabelText('Day'), 'Friday');
  await user.click(dialog.getByRole('button', { name: 'Plan the report' }));
  await waitFor(() =>
    expect(wishes).toEqual([
      expect.objectContaining({ name: 'Weekly health', weekday: 4, group_id: null }),
    ]),
  );
});

it('what was sent is shown as the mail in a frame without rights, and as text', async () => {
  const { user } = await renderUi(<IssuePage id="i1" />, {
    client: signedInClient('notifications:manage'),
  });
  const frame = await screen.findByTitle(ISSUE.title);
  expect(frame).toHaveAttribute('src', '/api/infrastructure/reports/issues/i1/page');
  expect(frame.getAttribute('sandbox')).not.toContain('allow-scripts');
  expect(frame.getAttribute('sandbox')).not.toContain('allow-same-origin');
  await user.click(screen.getByText('Plain text'));
  expect(await screen.findByText('Full soon')).toBeVisible();
});
