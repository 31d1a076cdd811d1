import { act, screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import type { components } from '@/api/schema';
import { alert, pageOf } from '@/testing/factories';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { AlertPage } from './components/alert-page';
import { InboxPage } from './components/inbox-page';
import { SilencesPage } from './components/silences-page';

type Schemas = components['schemas'];
const broken = () => HttpResponse.json({ title: 'Broken', detail: 'Try later.' }, { status: 500 });
const never = () => new Promise<never>(() => undefined);

function silence(part: Partial<Schemas['SilenceRead']> = {}): Schemas['SilenceRead'] {
  return {
    id: '01981f3a-0000-7000-8000-0000000000a9',
    matchers: [{ field: 'server', label: '', match: 'is', values: ['nas'] }],
    reason: 'New disks',
    author: 'alice',
    state: 'active',
    starts_at: '2026-01-01T00:00:00Z',
    ends_at: '2026-01-01T08:00:00Z',
    created_at: '2026-01-01T00:00:00Z',
    ended_by: '',
    quiet_now: 3,
    ...part,
  };
}

const signedIn = () => ({ client: signedInClient('alerts:read', 'alerts:manage') });

describe('the inbox', () => {
  const answers = (...alerts: Schemas['AlertRead'][]) =>
    server.use(
      http.get('*/api/alerts', () => HttpResponse.json(pageOf(...alerts))),
      http.get('*/api/alerts/counts', () => HttpResponse.json([])),
    );

  it('shows each cause once, with how many follow from it', async () => {
    let asked = '';
    answers();
    server.use(
      http.get('*/api/alerts', ({ request }) => {
        asked = new URL(request.url).search;
        return HttpResponse.json(pageOf(alert({ consequences: 4 })));
      }),
    );
    await renderUi(<InboxPage />, signedIn());
    const table = await screen.findByRole('grid', { name: 'Alerts' });
    expect(within(table).getByText('nas is offline')).toBeVisible();
    expect(within(table).getByText('4 alerts follow from it')).toBeInTheDocument();
    expect(asked).toContain('roots_only=true');
  });

  it('says on which server a drive is that is not well', async () => {
    const drive = alert({ title: 'A drive (sdb) is gone', server_name: 'nas-keller' });
    server.use(http.get('*/api/alerts', () => HttpResponse.json(pageOf(drive))));
    await renderUi(<InboxPage />, signedIn());
    expect(await screen.findByRole('link', { name: 'nas-keller' })).toHaveAttribute(
      'href',
      `/servers/${drive.server_id}`,
    );
  });

  it('acknowledges several at once, with a note', async () => {
    let sent: unknown;
    answers(alert(), alert({ id: '01981f3a-0000-7000-8000-0000000000d2', title: 'pi is hot' }));
    server.use(
      http.post('*/api/alerts/acknowledge', async ({ request }) => {
        sent = await request.json();
        return HttpResponse.json({ changed: 2 });
      }),
    );
    const { user } = await renderUi(<InboxPage />, signedIn());
    await user.click(await screen.findByRole('checkbox', { name: 'Choose all' }));
    await user.click(screen.getByRole('button', { name: 'Acknowledge' }));
    const dialog = await screen.findByRole('dialog');
    await user.type(within(dialog).getByLabelText('Note'), 'On it');
    await user.click(within(dialog).getByRole('button', { name: 'Acknowledge' }));
    await waitFor(() => expect(sent).toMatchObject({ note: 'On it' }));
    expect((sent as { ids: string[] }).ids).toHaveLength(2);
  });

  it('says when nothing is wrong', async () => {
    answers();
    await renderUi(<InboxPage />, signedIn());
    expect(await screen.findByText('Nothing is wrong')).toBeVisible();
  });

  it('counts on while the page stands open', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const began = new Date(Date.now() - 30_000).toISOString();
    answers(alert({ began_at: began, resolved_at: null }));
    await renderUi(<InboxPage />, signedIn());
    const table = await screen.findByRole('grid', { name: 'Alerts' });
    expect(within(table).getByText('30 s')).toBeInTheDocument();
    await act(() => vi.advanceTimersByTimeAsync(120_000));
    expect(within(table).queryByText('30 s')).toBeNull();
    vi.useRealTimers();
  });

  it('shows a skeleton, and why it could not be read', async () => {
    server.use(http.get('*/api/alerts', never), http.get('*/api/alerts/counts', never));
    await renderUi(<InboxPage />, signedIn());
    expect(screen.getAllByText('Loading').length).toBeGreaterThan(0);
  });

  it('says why it could not be read', async () => {
    server.use(http.get('*/api/alerts', broken), http.get('*/api/alerts/counts', broken));
    await renderUi(<InboxPage />, signedIn());
    expect(await screen.findByText('The alerts could not be read')).toBeVisible();
  });
});

describe('one alert', () => {
  const detail = {
    ...alert({ muted_by: 'It is snoozed.', runbook: 'unit-failed', subject: 'ssh.service' }),
    charts: [],
    silence: [],
    for_seconds: 0,
  };

  it('says why, who is told, what to do with its own names, and its past', async () => {
    server.use(
      http.get('*/api/alerts/:id', () => HttpResponse.json(detail)),
      http.get('*/api/alerts', () => HttpResponse.json(pageOf())),
      http.get('*/api/infrastructure/topology/alerts/:id/commands', () =>
        HttpResponse.json({ is_root: true, names: [], parts: [] }),
      ),
      http.get('*/api/alerts/:id/history', () =>
        HttpResponse.json({
          entries: [{ at: '2026-01-01T00:00:00Z', kind: 'alert.fired', text: 'It fired.', by: '' }],
          others: [],
        }),
      ),
    );
    await renderUi(<AlertPage id={detail.id} />, signedIn());
    expect(await screen.findByText('Nobody is told of this')).toBeVisible();
    expect(await screen.findByText(/journalctl -u ssh.service/)).toBeVisible();
    expect(screen.queryByText(/sudo/)).toBeNull();
    expect(await screen.findByText('It fired.')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Snooze' })).toBeVisible();
  });

  it('that is not there says so', async () => {
    server.use(
      http.get('*/api/alerts/:id', () =>
        HttpResponse.json({ title: 'Not found', detail: 'No such alert.' }, { status: 404 }),
      ),
    );
    await renderUi(<AlertPage id="x" />, signedIn());
    expect(await screen.findByText('The alert could not be read')).toBeVisible();
  });
});

describe('silences and windows', () => {
  it('say what is quiet, by whom, and when a window opens next', async () => {
    server.use(
      http.get('*/api/alerts/silences', () => HttpResponse.json(pageOf(silence()))),
      http.get('*/api/alerts/windows', () =>
        HttpResponse.json([
          {
            id: 'w',
            name: 'Backups',
            is_enabled: true,
            zone: 'Europe/Berlin',
            start: '2026-03-28T22:00',
            duration_seconds: 28_800,
            rule: 'FREQ=DAILY',
            matchers: [],
            reason: '',
            author: 'alice',
            is_open: true,
            next: [{ start: '2026-03-28T21:00:00Z', end: '2026-03-29T05:00:00Z' }],
          },
        ]),
      ),
    );
    await renderUi(<SilencesPage />, signedIn());
    expect(await screen.findByText('Server is nas.')).toBeVisible();
    expect(screen.getByText(/keeps 3 alerts quiet now/)).toBeVisible();
    expect(await screen.findByText('Backups: open now')).toBeVisible();
    expect(screen.getByRole('list', { name: 'The next times of Backups' })).toBeVisible();
  });

  it('say when there are none, and when they could not be read', async () => {
    server.use(
      http.get('*/api/alerts/silences', () => HttpResponse.json(pageOf())),
      http.get('*/api/alerts/windows', broken),
    );
    await renderUi(<SilencesPage />, signedIn());
    expect(await screen.findByText('No silence')).toBeVisible();
    expect(await screen.findByText('The windows could not be read')).toBeVisible();
  });
});
