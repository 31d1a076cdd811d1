import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { job, jobRun, pageOf } from '@/testing/factories';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { JobPage } from './components/job-page';
import { JobsPage } from './components/jobs-page';
import { RunPage } from './components/run-page';
import { RunsPage } from './components/runs-page';
import { inWords } from './trigger';

const answers = (jobs: object[], runs: object[] = []) =>
  server.use(
    http.get('*/api/jobs', () => HttpResponse.json(pageOf(...jobs))),
    http.get('*/api/job-runs', () => HttpResponse.json(pageOf(...runs))),
  );
const broken = () =>
  HttpResponse.json({ title: 'The database is busy', detail: 'Try later.' }, { status: 500 });

it('says schedules in words', () => {
  expect(['every 5m', 'every 1h', 'cron 7 3 * * *', 'cron 7 3 * * 1', ''].map(inWords)).toEqual([
    'every 5 minutes',
    'every hour',
    'daily at 03:07 UTC',
    'cron 7 3 * * 1',
    'on demand only',
  ]);
});

describe('the jobs', () => {
  it('are shown with their schedule, and a viewer gets no verbs', async () => {
    answers([job(), job({ name: 'b', title: 'Send waiting alarms', is_paused: true })]);
    await renderUi(<JobsPage />, { client: signedInClient('jobs:read') });
    const table = await screen.findByRole('grid', { name: 'Jobs' });
    expect(within(table).getByText('Drop the history of old runs')).toBeVisible();
    expect(within(table).getByText('paused')).toBeVisible();
    expect(screen.queryByRole('button', { name: /Run now/ })).toBeNull();
  });

  it('tell what to look at when there are none', async () => {
    answers([]);
    await renderUi(<JobsPage />, { client: signedInClient('jobs:read') });
    expect(await screen.findByText('No jobs yet')).toBeVisible();
    expect(await screen.findByText('No runs are kept')).toBeVisible();
  });

  it('say why they could not be read, while the rest of the page lives on', async () => {
    answers([], [jobRun({ name: 'probe' })]);
    server.use(http.get('*/api/jobs', broken));
    await renderUi(<JobsPage />, { client: signedInClient('jobs:read') });
    expect(await screen.findByRole('alert')).toHaveTextContent('The jobs could not be read');
    expect(await screen.findByRole('link', { name: 'probe' })).toBeVisible();
  });

  it('show a skeleton while the answer is under way', async () => {
    server.use(
      http.get('*/api/jobs', () => new Promise<never>(() => undefined)),
      http.get('*/api/job-runs', () => new Promise<never>(() => undefined)),
    );
    await renderUi(<JobsPage />, { client: signedInClient('jobs:read') });
    expect(screen.getAllByText('Loading')).toHaveLength(2);
  });
});

describe('one job', () => {
  const open = async (part: Parameters<typeof job>[0] = {}) => {
    answers([job(part)]);
    server.use(http.get('*/api/jobs/core.history', () => HttpResponse.json(job(part))));
    return renderUi(<JobPage name="core.history" />, {
      client: signedInClient('jobs:read', 'jobs:manage'),
    });
  };

  it('is paused', async () => {
    let paused = 0;
    server.use(
      http.post('*/api/jobs/core.history/pause', () => {
        paused += 1;
        return HttpResponse.json(job({ is_paused: true }));
      }),
    );
    const { user } = await open();
    await user.click(await screen.findByRole('button', { name: 'Pause' }));
    await waitFor(() => expect(paused).toBe(1));
  });

  it('gets another schedule, and what the server minds stands in the form', async () => {
    const refusal = { title: 'The schedule is not valid', detail: "'5x' is no interval." };
    server.use(
      http.patch('*/api/jobs/core.history', () => HttpResponse.json(refusal, { status: 422 })),
    );
    const { user } = await open();
    await user.click(await screen.findByRole('button', { name: 'Change the schedule' }));
    const field = await screen.findByLabelText(/^When it runs/);
    await user.clear(field);
    await user.type(field, 'every 5x');
    await user.click(screen.getByRole('button', { name: 'Save the schedule' }));
    expect(await screen.findByText("'5x' is no interval.")).toBeVisible();
  });

  it('goes back to the schedule that it comes with', async () => {
    let sent: unknown;
    server.use(
      http.patch('*/api/jobs/core.history', async ({ request }) => {
        sent = await request.json();
        return HttpResponse.json(job());
      }),
    );
    const { user } = await open({ trigger: 'every 2h' });
    await user.click(await screen.findByRole('button', { name: 'Change the schedule' }));
    await user.click(await screen.findByRole('button', { name: 'Back to every 5 minutes' }));
    await waitFor(() => expect(sent).toEqual({ trigger: null }));
  });
});

describe('runs', () => {
  it('are asked from the server as the address says', async () => {
    let asked = '';
    answers([job()]);
    server.use(
      http.get('*/api/job-runs', ({ request }) => {
        asked = new URL(request.url).search;
        return HttpResponse.json(pageOf(jobRun({ state: 'failed', error: 'No disk space.' })));
      }),
    );
    await renderUi(<RunsPage />, {
      at: '/system/runs?state=failed&name=core.history',
      client: signedInClient('jobs:read'),
    });
    expect(await screen.findByText('No disk space.')).toBeVisible();
    expect(asked).toContain('state=failed');
    expect(asked).toContain('name=core.history');
  });

  it('that failed say why', async () => {
    answers([job()]);
    const failed = jobRun({ state: 'failed', error: 'The server nas did not answer.' });
    server.use(http.get('*/api/job-runs/:id', () => HttpResponse.json(failed)));
    await renderUi(<RunPage id={failed.id} />, { client: signedInClient('jobs:read') });
    expect(await screen.findByText('Why it failed')).toBeVisible();
    expect(screen.getByText('The server nas did not answer.')).toBeVisible();
  });

  it('that go on show their progress, and can be cancelled', async () => {
    let cancelled = 0;
    answers([job()]);
    const running = jobRun({ state: 'running', progress_done: 2, progress_total: 8 });
    server.use(
      http.get('*/api/job-runs/:id', () => HttpResponse.json(running)),
      http.post('*/api/job-runs/:id/cancel', () => {
        cancelled += 1;
        return HttpResponse.json({ ...running, is_cancel_requested: true }, { status: 202 });
      }),
    );
    const { user } = await renderUi(<RunPage id={running.id} />, {
      client: signedInClient('jobs:read', 'jobs:manage'),
    });
    expect(await screen.findByRole('progressbar')).toHaveAttribute('aria-valuenow', '25');
    await user.click(screen.getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(cancelled).toBe(1));
  });
});
