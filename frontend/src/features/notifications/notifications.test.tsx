import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, it } from 'vitest';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { NotificationsPage } from './components/notifications-page';
import { AT, CHANNEL, DEAD, FIELDS, HEALTH, ROUTE, SERVICES } from './samples';

beforeEach(() =>
  server.use(
    http.get('*/api/notifications/health', () => HttpResponse.json(HEALTH)),
    http.get('*/api/notifications/channels', () => HttpResponse.json([CHANNEL])),
    http.get('*/api/notifications/channel-names', () =>
      HttpResponse.json([{ id: 'c1', name: 'Phone', is_enabled: true, state: 'ok' }]),
    ),
    http.get('*/api/notifications/services', () => HttpResponse.json(SERVICES)),
    http.get('*/api/notifications/services/:service/form', () =>
      HttpResponse.json({ service: SERVICES[0], fields: FIELDS }),
    ),
    http.get('*/api/notifications/templates', () => HttpResponse.json([])),
    http.get('*/api/notifications/routes', () => HttpResponse.json([ROUTE])),
    http.get('*/api/resources/groups', () => HttpResponse.json([])),
    http.get('*/api/resources/tags', () => HttpResponse.json([])),
    http.get('*/api/infrastructure/servers', () =>
      HttpResponse.json({ items: [], total: 0, page: 1, per_page: 1000 }),
    ),
    http.get('*/api/notifications/deliveries', () =>
      HttpResponse.json({ items: [DEAD], total: 1, page: 1, per_page: 50 }),
    ),
    http.get('*/api/notifications/deliveries/d1', () =>
      HttpResponse.json({
        ...DEAD,
        text: 'No route.',
        alerts: [],
        tries: [{ number: 1, state: 'failed', began_at: AT, ended_at: AT, answer: 'status 404' }],
      }),
    ),
  ),
);
const open = (tab = '') =>
  renderUi(<NotificationsPage />, {
    client: signedInClient('alerts:read', 'notifications:manage'),
    at: `/alerts/notifications${tab && `?tab=${tab}`}`,
  });

it('a channel says how it has been, and a test says what the receiver said', async () => {
  server.use(
    http.post('*/api/notifications/channels/c1/test', () =>
      HttpResponse.json({ has_arrived: true, detail: 'ntfy.sh took it.', milliseconds: 41 }),
    ),
  );
  const { user } = await open();
  expect(await screen.findByText('ntfy.sh answered with status 500.')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Send a test' }));
  expect(await screen.findByText('The receiver took it, in 41 ms')).toBeVisible();
  expect(screen.getByText('ntfy.sh took it.')).toBeVisible();
});

it('a channel is added by its generated form, and errors stand at their fields', async () => {
  const sent: unknown[] = [];
  server.use(
    http.post('*/api/notifications/channels', async ({ request }) => {
      sent.push(await request.json());
      if (sent.length > 1) return HttpResponse.json(CHANNEL, { status: 201 });
      const errors = [{ pointer: '/body/secrets/topic', detail: 'Enter a topic.' }];
      return HttpResponse.json({ title: 'Not valid', status: 422, errors }, { status: 422 });
    }),
  );
  const { user } = await open();
  await user.click(await screen.findByRole('button', { name: 'Add a channel' }));
  await user.type(await screen.findByLabelText('Search'), 'ntf');
  expect(screen.queryByRole('button', { name: 'Discord' })).toBeNull();
  await user.click(await screen.findByRole('button', { name: 'ntfy' }));
  await user.click(await screen.findByRole('button', { name: 'Add the channel' }));
  expect(await screen.findByText('Enter a topic.')).toBeVisible();
  await user.type(screen.getByLabelText(/^Topic/), 'mine');
  await user.click(screen.getByRole('button', { name: 'Add the channel' }));
  await waitFor(() => expect(sent).toHaveLength(2));
  expect(sent[1]).toMatchObject({
    name: 'ntfy',
    service: 'ntfy',
    settings: { server: 'https://ntfy.sh' },
    secrets: { topic: 'mine' },
  });
});

it('routes are told in words, and who would get an alert with each reason', async () => {
  server.use(
    http.get('*/api/notifications/explain', () =>
      HttpResponse.json({
        summary: 'It goes to Phone.',
        told: [],
        steps: [{ route_id: 'r1', name: 'Everything', depth: 0, fits: true, why: 'It fits.' }],
      }),
    ),
  );
  await open('routes');
  expect(await screen.findByText('All alerts → Phone')).toBeVisible();
  expect(await screen.findByText('It goes to Phone.')).toBeVisible();
  const table = screen.getByRole('table', { name: 'What each route says' });
  expect(within(table).getByText('It fits.')).toBeVisible();
});

it('a route that names what is gone says so, and it can be taken out', async () => {
  const said = 'One of these groups does not exist any more.';
  let sent: { match?: { groups?: string[] } } = {};
  server.use(
    http.get('*/api/notifications/routes', () =>
      HttpResponse.json([
        { ...ROUTE, match: { ...ROUTE.match, groups: ['g9'] }, findings: [said] },
      ]),
    ),
    http.put('*/api/notifications/routes/r1', async ({ request }) => {
      sent = (await request.json()) as typeof sent;
      if (sent.match?.groups?.length === 0) return HttpResponse.json(ROUTE);
      return HttpResponse.json(
        { title: 'x', errors: [{ pointer: '/body/match/groups', detail: said }] },
        { status: 422 },
      );
    }),
  );
  const { user } = await open('routes');
  expect(await screen.findByText('look at it')).toBeVisible();
  expect(screen.getByText(said)).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Edit' }));
  const form = await screen.findByRole('dialog');
  expect((await within(form).findAllByText('a group that is gone'))[0]).toBeVisible();
  await user.click(within(form).getByRole('button', { name: 'Save' }));
  const field = within(form).getByRole('combobox', { name: 'Group' });
  await waitFor(() => expect(field).toHaveAccessibleDescription(said));
  await user.click(field);
  await user.keyboard('{Backspace}');
  await user.click(within(form).getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(sent.match?.groups).toEqual([]));
});

it('a dead letter shows its attempts and is sent again', async () => {
  let retried = 0;
  server.use(
    http.post('*/api/notifications/deliveries/d1/retry', () => {
      retried += 1;
      return HttpResponse.json({ ...DEAD, state: 'waiting', text: '', alerts: [], tries: [] });
    }),
  );
  const { user } = await open('deliveries');
  await user.click(await screen.findByRole('button', { name: '[critical] nas is offline' }));
  const dialog = await screen.findByRole('dialog');
  expect(await within(dialog).findByText('failed: status 404')).toBeVisible();
  await user.click(within(dialog).getByRole('button', { name: 'Try again' }));
  await waitFor(() => expect(retried).toBe(1));
});

it('a template is tried before it is kept', async () => {
  server.use(
    http.post('*/api/notifications/template-preview', () =>
      HttpResponse.json({
        title: 'A title',
        text: 'words',
        html: '',
        body: '',
        errors: ['text: x'],
      }),
    ),
  );
  const { user } = await open('templates');
  await user.click(await screen.findByRole('button', { name: 'Add a template' }));
  await user.click(await screen.findByRole('button', { name: 'Preview' }));
  expect(await screen.findByText('A title')).toBeVisible();
  expect(screen.getByText('text: x')).toBeVisible();
});

it('who only sees alerts sees the ledger and the routes, but no channels', async () => {
  await renderUi(<NotificationsPage />, { client: signedInClient('alerts:read') });
  expect(await screen.findByText('[critical] nas is offline')).toBeVisible();
  expect(screen.queryByRole('tab', { name: 'Channels' })).toBeNull();
  expect(screen.queryByText('https://ntfy.sh/…')).toBeNull();
});

it('nobody being told, silence and dead letters stand above all', async () => {
  server.use(
    http.get('*/api/notifications/health', () =>
      HttpResponse.json({
        ...HEALTH,
        has_route: false,
        dead: 2,
        heartbeats: [{ name: 'alerts', beat_at: AT, every_seconds: 60, is_silent: true }],
      }),
    ),
  );
  await open();
  expect(await screen.findByText('Nobody is told of anything')).toBeVisible();
  expect(screen.getByText("Unity's own alerts are silent")).toBeVisible();
  expect(screen.getByText('2 dead letters')).toBeVisible();
});

it('a channel that cannot be read says so, and an empty list says what to do', async () => {
  server.use(
    http.get('*/api/notifications/channels', () =>
      HttpResponse.json({ title: 'Broken' }, { status: 500 }),
    ),
  );
  const { user } = await open();
  expect(await screen.findByText('The channels could not be read')).toBeVisible();
  server.use(http.get('*/api/notifications/channels', () => HttpResponse.json([])));
  await user.click(screen.getByRole('button', { name: /again|retry/i }));
  expect(await screen.findByText('Nobody is told yet')).toBeVisible();
});
