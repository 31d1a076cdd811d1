import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { sessionQuery } from '@/api/session';
import { session } from '@/testing/factories';
import { renderUi, testClient } from '@/testing/render';
import { server } from '@/testing/server';
import { BulkImportPage } from './components/bulk-import-page';

const page = () => HttpResponse.json({ items: [], total: 0, page: 1, per_page: 1000 });
const line = (number: number, name: string, verdict: string, note = '') => ({
  line: number,
  verdict,
  note,
  name,
  host: `${name}.lan`,
  port: 22,
  username: 'root',
  jump: '',
  groups: [],
  tags: [],
});
const plan = (lines: ReturnType<typeof line>[]) => {
  const count = (verdict: string) => lines.filter((each) => each.verdict === verdict).length;
  return {
    format: 'csv',
    lines,
    new: count('new'),
    exists: count('exists'),
    invalid: count('invalid'),
    skipped: count('skipped'),
  };
};

beforeEach(() => {
  server.use(
    http.get('*/api/credentials/ssh-keys', page),
    http.get('*/api/credentials/logins', page),
    http.get('*/api/infrastructure/servers', page),
  );
});

async function preview(answer: object, status = 200) {
  const client = testClient();
  client.setQueryData(sessionQuery.queryKey, session({ permissions: ['servers:manage'] }));
  server.use(
    http.post('*/api/infrastructure/servers/import/preview', () =>
      HttpResponse.json(answer, { status }),
    ),
  );
  const { user } = await renderUi(<BulkImportPage />, { client });
  await user.type(screen.getByRole('textbox', { name: 'Text' }), 'name,host');
  await user.click(screen.getByRole('button', { name: 'Preview' }));
  return user;
}

describe('the import of servers', () => {
  it('judges each line and enters only the chosen new ones', async () => {
    const entered = vi.fn();
    server.use(
      http.post('*/api/infrastructure/servers/import', async ({ request }) => {
        entered(await request.json());
        return HttpResponse.json({ entered: 1, server_ids: ['s1'], plan: plan([]) });
      }),
    );
    const user = await preview(
      plan([
        line(2, 'nas', 'new'),
        line(3, 'bad', 'invalid', 'No such port.'),
        line(4, 'tv', 'new'),
      ]),
    );
    expect(await screen.findByText('No such port.')).toBeVisible();
    await user.click(screen.getByRole('checkbox', { name: 'Enter tv' }));
    await user.click(screen.getByRole('button', { name: 'Enter 1 server' }));
    expect(await screen.findByText('1 server entered.')).toBeVisible();
    expect(entered).toHaveBeenCalledWith(expect.objectContaining({ only: [2] }));
  });

  it('says when a text names no machine', async () => {
    await preview(plan([]));
    expect(await screen.findByText('No machines in it')).toBeVisible();
  });

  it('tells a problem', async () => {
    await preview({ title: 'Too long', detail: 'Two million letters at most.' }, 413);
    expect(await screen.findByRole('alert')).toHaveTextContent('Two million letters at most.');
  });
});
