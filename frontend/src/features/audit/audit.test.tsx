import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import { auditEntry, pageOf } from '@/testing/factories';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { AuditPage } from './components/audit-page';

const open = (at = '/system/audit') =>
  renderUi(<AuditPage />, { at, client: signedInClient('audit:read') });

it('the log is asked as the address says, and an entry opens with its details', async () => {
  let asked = new URLSearchParams();
  server.use(
    http.get('*/api/audit', ({ request }) => {
      asked = new URL(request.url).searchParams;
      return HttpResponse.json(pageOf(auditEntry()));
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
  server.use(http.get('*/api/audit', () => HttpResponse.json(pageOf())));
  await open();
  expect(await screen.findByText('Nothing was done yet')).toBeVisible();
});

it('a log that cannot be read says why, and shows a skeleton until then', async () => {
  server.use(
    http.get('*/api/audit', () => HttpResponse.json({ title: 'Not allowed' }, { status: 403 })),
  );
  await open();
  expect(screen.getByText('Loading')).toBeInTheDocument();
  expect(await screen.findByRole('alert')).toHaveTextContent('The audit log could not be read');
});

it.each([
  [true, 'All 7 entries are intact'],
  [false, 'The log was changed outside of Unity'],
])('verifying says whether the chain holds (%s)', async (is_intact, words) => {
  const faults = is_intact ? [] : [{ seq: 3, problem: 'The entry was changed.' }];
  server.use(
    http.get('*/api/audit', () => HttpResponse.json(pageOf(auditEntry()))),
    http.get('*/api/audit/verification', () =>
      HttpResponse.json({ is_intact, entries: 7, last_seq: 7, last_hash: 'ff', faults }),
    ),
  );
  const { user } = await open();
  await user.click(screen.getByRole('button', { name: 'Verify the chain' }));
  expect(await screen.findByText(words)).toBeVisible();
  expect(screen.queryByText('Entry 3: The entry was changed.') !== null).toBe(!is_intact);
});
