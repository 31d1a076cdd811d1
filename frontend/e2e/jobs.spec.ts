// The jobs: run one now and see it end, pause and resume its clock, change its schedule.
import { expect, test } from './support/journey';

const JOB = 'Drop the history of old runs';

test('a job is run now, and its page shows how it ended', async ({ adminPage: page }) => {
  await page.goto('/system/jobs');
  await page.getByRole('link', { name: JOB }).click();
  await expect(page.getByRole('heading', { name: JOB })).toBeVisible();
  await page.getByRole('button', { name: `Run now: ${JOB}` }).click();
  await expect(page).toHaveURL(/\/system\/runs\//);
  await expect(page.getByRole('region', { name: 'Progress' })).toContainText('succeeded');
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  const runs = page.getByRole('grid', { name: 'Runs' });
  // Its own clock runs it too, in the night.
  const asked = runs.getByRole('row').filter({ hasText: 'alice' });
  await expect(asked.getByRole('link', { name: JOB })).toBeVisible();
});

test('the end of a run arrives by itself on a page that is open', async ({
  adminPage: page,
  api,
}) => {
  await page.goto('/system/runs');
  await expect(page.getByRole('heading', { name: 'Runs' })).toBeVisible();
  await api.call('POST', '/api/jobs/collection.history/run');
  const runs = page.getByRole('grid', { name: 'Runs' });
  const asked = runs.getByRole('row').filter({ hasText: 'alice' });
  const row = asked.filter({ hasText: 'old collections' });
  await expect(row).toContainText('succeeded');
});

test('a job is paused and resumed, and its schedule changed and brought back', async ({
  adminPage: page,
}) => {
  await page.goto('/system/jobs/core.history');
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText('not while paused')).toBeVisible();
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByText('active')).toBeVisible();

  await page.getByRole('button', { name: 'Change the schedule' }).click();
  await page.getByLabel(/^When it runs/).fill('every 1x');
  await page.getByRole('button', { name: 'Save the schedule' }).click();
  await expect(page.getByRole('alert')).toContainText("'1x' is no interval.");
  await page.getByLabel(/^When it runs/).fill('every 2h');
  await page.getByRole('button', { name: 'Save the schedule' }).click();
  await expect(page.getByText(/^every 2 hours/)).toBeVisible();

  await page.getByRole('button', { name: 'Change the schedule' }).click();
  await page.getByRole('button', { name: 'Back to daily at 03:17 UTC' }).click();
  await expect(page.getByText('daily at 03:17 UTC', { exact: true })).toBeVisible();
});
