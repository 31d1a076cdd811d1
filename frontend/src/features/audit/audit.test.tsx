import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, it } from 'vitest';
import { auditEntry } from '@/testing/factories';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { AuditPage } from './components/audit-page';

const entriesOf = (...items: ReturnType<typeof auditEntry>[]) => ({
  items,
  next: null,
  searched_to: 0,
});

beforeEach(() => {
  server.use(
    http.get('*/api/audit/checkpoints', () =>
      HttpResponse.json({
        checkpoints: [],
        keys: [],
        entries_since: 3,
        every_entries: 1000,
        every_seconds: 3600,
      }),
    ),
    http.get('*/api/audit/sinks', () => HttpResponse.json([])),
  );
});

const open = (at = '/system/audit') =>
  renderUi(<AuditPage />, {
    at,
    client: signedInClient('audit:read', 'audit:export', 'settings:manage'),
  });

it('the log is asked as the address says, and an entry opens with its details', async () => {
  let asked = new URLSearchParams();
  server.use(
    http.get('*/api/audit', ({ request }) => {
      asked = new URL(request.url).searchParams;
      return HttpResponse.json(entriesOf(auditEntry()));
    }),
  );
  const { user } = await open('/system/audit?q=alice&action=job&span=24h');
  await user.click(await screen.findByRole('button', { name: 'job.paused' }));
  expect(await screen.findByText('Entry 7')).toBeVisible();
  expect(screen.getByLabelText('the details')).toHaveTextContent('every 5m');
  expect(asked.get('action')).toBe('job.');
  expect(asked.get('q')).toBe('alice');
  expect(asked.get('since')).toMatch(/^\d{4}-/);
});

it('an empty log and one that cannot be read say so', async () => {
  server.use(http.get('*/api/audit', () => HttpResponse.json(entriesOf())));
  await open();
  expect(await screen.findByText('Nothing was done yet')).toBeVisible();
});

it('a log that cannot be read says why, and shows a skeleton until then', async () => {
  server.use(
    http.get('*/api/audit', () => HttpResponse.json({ title: 'Not allowed' }, { status: 403 })),
  );
  await open();
  expect(screen.getAllByText('Loading')[0]).toBeInTheDocument();
  expect(await screen.findByRole('alert')).toHaveTextContent('The audit log could not be read');
});

it.each([
  [true, 'All 7 entries are intact'],
  [false, 'The log was changed outside of Unity'],
])('verifying says whether the chain holds (%s)', async (is_intact, words) => {
  const faults = is_intact ? [] : [{ seq: 3, problem: 'The entry was changed.' }];
  server.use(
    http.get('*/api/audit', () => HttpResponse.json(entriesOf(auditEntry()))),
    http.get('*/api/audit/verification', () =>
      HttpResponse.json({ is_intact, entries: 7, last_seq: 7, last_hash: 'ff', faults }),
    ),
  );
  const { user } = await open();
  await user.click(screen.getByRole('button', { name: 'Verify the chain' }));
  expect(await screen.findByText(words)).toBeVisible();
  expect(screen.queryByText('Entry 3: The entry was changed.') !== null).toBe(!is_intact);
});

it('older entries follow, and an edit shows what it has changed', async () => {
  const edit = auditEntry({
    seq: 9,
    action: 'server.edited',
    details: { before: { host: 'old', port: 22 }, after: { host: 'new', port: 22 } },
  });
  server.use(
    http.get('*/api/audit', ({ request }) =>
      new URL(request.url).searchParams.get('before') === '9'
        ? HttpResponse.json(entriesOf(auditEntry({ id: 'older', action: 'server.created' })))
        : HttpResponse.json({ items: [edit], next: 9, searched_to: 9 }),
    ),
  );
  const { user } = await open();
  await user.click(await screen.findByRole('button', { name: 'Older entries' }));
  expect(await screen.findByRole('button', { name: 'server.created' })).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'server.edited' }));
  const changes = await screen.findByRole('table', { name: 'What was changed' });
  expect(changes).toHaveTextContent('host"old""new"');
  expect(changes).not.toHaveTextContent('port');
});

it('the export takes the filters along', async () => {
  server.use(http.get('*/api/audit', () => HttpResponse.json(entriesOf(auditEntry()))));
  await open('/system/audit?q=alice&result=failed');
  const link = await screen.findByRole('link', { name: 'Export CSV' });
  expect(link).toHaveAttribute('href', '/api/audit/export?format=csv&q=alice&result=failed');
});

it('a place for checkpoints is added, and the first screen says why', async () => {
  let body: unknown;
  server.use(
    http.get('*/api/audit', () => HttpResponse.json(entriesOf(auditEntry()))),
    http.post('*/api/audit/sinks', async ({ request }) => {
      body = await request.json();
      return HttpResponse.json({}, { status: 201 });
    }),
  );
  const { user } = await open();
  expect(await screen.findByText(/No place outside of Unity keeps the checkpoints/)).toBeVisible();
  await user.type(screen.getByRole('textbox', { name: 'Name' }), 'Log host');
  await user.type(screen.getByRole('textbox', { name: 'Where' }), '/var/log/unity.jsonl');
  await user.click(screen.getByRole('button', { name: 'Add the place' }));
  expect(body).toEqual({
    name: 'Log host',
    kind: 'file',
    target: '/var/log/unity.jsonl',
    is_enabled: true,
  });
});
