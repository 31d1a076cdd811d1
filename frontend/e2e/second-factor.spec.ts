// The second factor as a person has it: set up with an app, asked for at the login, and a recovery
// code when the app is lost.
import type { Page } from '@playwright/test';
import { expect, test } from './support/journey';
import { Api } from './support/people';
import { codeOf } from './support/totp';

const PERSON = { name: 'tina', password: 'seven quiet herons sit' } as const;

async function typePassword(page: Page): Promise<void> {
  await page.goto('/login');
  await page.getByLabel(/^Name/).fill(PERSON.name);
  await page.getByLabel(/^Password/).fill(PERSON.password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
}

async function giveCode(page: Page, code: string): Promise<void> {
  await page.getByLabel(/^Code/).fill(code);
  await page.getByRole('button', { name: 'Go on' }).click();
}

async function logOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'You and the look' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
}

test('a second factor is set up, asked for, and replaced by a recovery code', async ({
  browser,
  unity,
}) => {
  test.setTimeout(120_000);
  const admin = await Api.fresh(unity.url);
  await admin.call('POST', '/api/users', { ...PERSON, role: 'viewer' });
  await admin.dispose();
  const context = await browser.newContext({ baseURL: unity.url });
  const page = await context.newPage();
  await typePassword(page);
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();

  await page.goto('/profile');
  await page.getByRole('button', { name: 'Set up a second factor' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByAltText('QR code with the key')).toBeVisible();
  const key = await dialog.getByLabel('the key', { exact: true }).innerText();
  await dialog.getByLabel(/^Code of the app/).fill(codeOf(key));
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  const shown = await dialog.getByLabel('the recovery codes', { exact: true }).innerText();
  const codes = shown.trim().split('\n');
  expect(codes).toHaveLength(10);
  await dialog.getByRole('button', { name: 'I have kept them' }).click();
  await expect(page.getByText('Recovery codes left')).toBeVisible();

  await logOut(page);
  await typePassword(page);
  await expect(page.getByRole('heading', { name: 'Second factor' })).toBeVisible();
  await giveCode(page, codeOf(key, 7));
  await expect(page.getByRole('alert')).toBeVisible();
  await giveCode(page, codeOf(key, 1));
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();

  await logOut(page);
  await typePassword(page);
  await giveCode(page, codes[0] ?? '');
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await page.goto('/profile');
  await expect(page.getByText('9', { exact: true })).toBeVisible();
  await context.close();
});
