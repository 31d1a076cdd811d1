// A newcomer: the token from the console, the first admin, and this machine's health in the browser.
import type { Page } from '@playwright/test';
import { collectFaults, expect, test } from './support/journey';
import { ADMIN } from './support/people';

const FIRST_DATA_MS = 60_000;

async function makeTheFirstAdmin(page: Page, token: string): Promise<void> {
  await expect(page.getByRole('heading', { name: 'Make the first admin' })).toBeVisible();
  await page.getByLabel('Token from the console').fill(token);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(ADMIN.name);
  await page.getByLabel('Full name').fill(ADMIN.full_name);
  await page.getByLabel(/^Password( \*)?$/).fill(ADMIN.password);
  await page.getByLabel('Password again').fill(ADMIN.password);
  await page.getByRole('button', { name: 'Make the admin' }).click();
}

/** The chart tells its latest values in words, for those who cannot see it. */
const latestOf = async (page: Page, chart: string) =>
  (await page.getByRole('img', { name: new RegExp(`^${chart}`) }).getAttribute('aria-label')) ?? '';

test('the first run leads from the token to charts of this machine that move', async ({
  page,
  newcomer,
}) => {
  test.setTimeout(180_000);
  const faults = collectFaults(page);
  await page.goto(newcomer.url);
  await makeTheFirstAdmin(page, newcomer.setupToken);

  // This machine has entered itself; its figures are there within a minute of the login.
  const tile = page.getByRole('list', { name: 'Servers', exact: true }).getByRole('listitem');
  await expect(tile).toContainText(/CPU[\d.]+ %/, { timeout: FIRST_DATA_MS });
  await expect(tile).toContainText(/Memory.*[\d.]+ %/);
  await expect(tile).toContainText(/Storage.*[\d.]+ %/);

  await tile.getByRole('link').click();
  await expect(page.getByRole('tab', { name: 'Health' })).toBeVisible();
  await expect(page.getByRole('img', { name: /^Processor.*user [\d.]+ %/ })).toBeVisible({
    timeout: FIRST_DATA_MS,
  });
  const before = await latestOf(page, 'Processor');
  await expect.poll(() => latestOf(page, 'Processor'), { timeout: 30_000 }).not.toBe(before);

  await page.getByRole('button', { name: 'Collect now' }).click();
  await expect(page.getByText(/^Collecting from/)).toBeVisible();
  await page.getByRole('tab', { name: 'Facts' }).click();
  await page.getByRole('button', { name: 'Identity and system' }).click();
  await expect(page.getByText('kernel', { exact: true })).toBeVisible();
  expect(faults).toEqual([]);
});

test('a login leads back to the page that was asked for', async ({ browser, unity }) => {
  // A session of its own: the one that the other journeys share must not be logged out.
  const context = await browser.newContext({ baseURL: unity.url });
  const page = await context.newPage();
  await page.goto('/servers?status=online');
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await page.getByRole('textbox', { name: 'Name' }).fill(ADMIN.name);
  await page.getByRole('textbox', { name: 'Password' }).fill('not the password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByRole('textbox', { name: 'Password' }).fill(ADMIN.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page).toHaveURL(/\/servers\?status=online$/);
  await expect(page.getByRole('heading', { name: 'Servers' })).toBeVisible();

  await page.getByRole('button', { name: 'You and the look' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await page.goto('/servers');
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await context.close();
});
