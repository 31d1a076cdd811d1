// A newcomer: the token from the console, the first admin, and this machine's health in the browser.
import { collectFaults, expect, test } from './support/journey';
import { ADMIN } from './support/people';

test('the first run leads from the token to this machine', async ({ page, newcomer }) => {
  const faults = collectFaults(page);
  await page.goto(newcomer.url);
  await expect(page.getByRole('heading', { name: 'Make the first admin' })).toBeVisible();
  await page.getByLabel('Token from the console').fill(newcomer.setupToken);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(ADMIN.name);
  await page.getByLabel('Full name').fill(ADMIN.full_name);
  await page.getByLabel(/^Password( \*)?$/).fill(ADMIN.password);
  await page.getByLabel('Password again').fill(ADMIN.password);
  await page.getByRole('button', { name: 'Make the admin' }).click();
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();

  await page.getByRole('button', { name: 'You and the look' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  expect(faults).toEqual([]);
});
