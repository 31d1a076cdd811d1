import { screen, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { sessionQuery } from '@/api/session';
import { session } from '@/testing/factories';
import { overview, tile, trouble } from '@/testing/fleet';
import { renderUi, testClient } from '@/testing/render';
import { server } from '@/testing/server';
import { OverviewPage } from './components/overview-page';
import { worstAndOldestFirst } from './components/problem-list';

const show = () => {
  const client = testClient();
  client.setQueryData(
    sessionQuery.queryKey,
    session({ permissions: ['servers:read', 'servers:manage'] }),
  );
  return renderUi(<OverviewPage />, { client });
};
const answer = (body: Parameters<typeof overview>[0]) =>
  server.use(http.get('*/api/infrastructure/overview', () => HttpResponse.json(overview(body))));

describe('the overview', () => {
  it('says that it loads', async () => {
    server.use(http.get('*/api/infrastructure/overview', () => new Promise(() => undefined)));
    await show();
    expect(screen.getByRole('status')).toHaveTextContent('Loading');
  });

  it('offers to add a server when there is none', async () => {
    answer({});
    await show();
    expect(await screen.findByRole('heading', { name: 'No servers yet' })).toBeVisible();
    expect(screen.getByRole('link', { name: 'Add a server' })).toHaveAttribute(
      'href',
      '/servers/add',
    );
  });

  it('tells why it failed and tries again', async () => {
    answer({ servers: [tile()] });
    server.use(
      http.get(
        '*/api/infrastructure/overview',
        () =>
          HttpResponse.json({ title: 'The database is busy', fix: 'Try again.' }, { status: 503 }),
        { once: true },
      ),
    );
    const { user } = await show();
    expect(await screen.findByRole('alert')).toHaveTextContent('The database is busy');
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('link', { name: 'nas' })).toBeVisible();
  });

  it('puts what is wrong first, with its reason and the next step', async () => {
    answer({
      problems: [trouble({ kind: 'login_refused', message: 'The key was refused.' })],
      servers: [tile({ status: 'offline', reason: 'The key was refused.' })],
    });
    await show();
    const wrong = await screen.findByRole('region', { name: 'Wrong now' });
    expect(wrong).toHaveTextContent('nas The key was refused.');
    expect(within(wrong).getByRole('link', { name: 'Check the login' })).toBeVisible();
    expect(screen.getByRole('list', { name: 'Servers' })).toHaveTextContent('Last seen');
  });

  it('names the drive that is in trouble, and leads to what to do', async () => {
    answer({
      problems: [trouble({ resource_name: 'sdb', message: 'It fails.', alert_id: 'an-alert' })],
      servers: [tile()],
    });
    await show();
    const wrong = await screen.findByRole('region', { name: 'Wrong now' });
    expect(wrong).toHaveTextContent('nas sdb: It fails.');
    expect(within(wrong).getByRole('link', { name: 'What to do: It fails.' })).toHaveAttribute(
      'href',
      '/alerts/an-alert',
    );
  });

  it('shows the worst eight, and all when asked', async () => {
    const problems = Array.from({ length: 12 }, (_, number) =>
      trouble({ severity: number === 11 ? 'critical' : 'warning', alert_id: `alert-${number}` }),
    );
    answer({ problems, servers: [tile()] });
    const { user } = await show();
    const wrong = await screen.findByRole('region', { name: 'Wrong now' });
    expect(within(wrong).getAllByRole('listitem')).toHaveLength(8);
    expect(within(wrong).getAllByRole('listitem')[0]).toHaveAttribute('data-state', 'critical');
    await user.click(within(wrong).getByRole('button', { name: 'Show all 12' }));
    expect(within(wrong).getAllByRole('listitem')).toHaveLength(12);
  });

  it('says how many there are when only the worst were sent', async () => {
    const problems = Array.from({ length: 9 }, (_, number) =>
      trouble({ alert_id: `alert-${number}` }),
    );
    answer({ problems, problem_counts: { critical: 2, warning: 1998 }, servers: [tile()] });
    await show();
    expect(await screen.findByRole('button', { name: 'Show the worst 9 of 2000' })).toBeVisible();
  });

  it('shows a server at a glance', async () => {
    answer({ servers: [tile()] });
    await show();
    const tiles = await screen.findByRole('list', { name: 'Servers' });
    expect(tiles).toHaveTextContent('12.5 %');
    expect(tiles).toHaveTextContent('/tank');
    expect(tiles).toHaveTextContent('44 °C');
    expect(within(tiles).getByRole('img')).toHaveAccessibleName(
      'Processor of nas in the last hour, now 12.5 %',
    );
  });
});

it('the worst stands first, and of equal ones the oldest', () => {
  const names = worstAndOldestFirst([
    trouble({ server_name: 'new', severity: 'warning', since: '2026-03-02T00:00:00Z' }),
    trouble({ server_name: 'old', severity: 'warning', since: '2026-03-01T00:00:00Z' }),
    trouble({ server_name: 'dead', severity: 'critical', since: '2026-03-03T00:00:00Z' }),
  ]).map(({ server_name }) => server_name);
  expect(names).toEqual(['dead', 'old', 'new']);
});
