// People and programs: a viewer sees no verbs and is refused, a token opens what it was made for, and
// a session that is ended is over.
import { request, type Browser, type Page } from '@playwright/test';
import { expect, test } from './support/journey';
import { ADMIN, Api } from './support/people';

const VIEWER = { name: 'victor', password: 'seven quiet herons sit' } as const;

/** Gives the password again where the server asks for it. */
async function confirmIfAsked(page: Page, then: ReturnType<Page['getByText']>): Promise<void> {
  const prompt = page.getByLabel('Your password');
  await expect(prompt.or(then).first()).toBeVisible();
  if (await prompt.isVisible()) {
    await prompt.fill(ADMIN.password);
    await page.getByRole('button', { name: 'Continue' }).click();
  }
}

async function loggedIn(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: url });
  const page = await context.newPage();
  await page.goto('/login');
  await page.getByLabel(/^Name/).fill(VIEWER.name);
  await page.getByLabel(/^Password/).fill(VIEWER.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  return page;
}

test('a viewer is added, sees no verbs, is refused, and is logged out by the admin', async ({
  adminPage: page,
  browser,
  unity,
}) => {
  await page.goto('/system/users');
  await page.getByRole('button', { name: 'Add a user' }).click();
  await page.getByLabel(/^Name/).fill(VIEWER.name);
  await page.getByLabel(/^First password/).fill(VIEWER.password);
  await page.getByRole('button', { name: 'Add the user' }).click();
  const link = page.getByRole('link', { name: VIEWER.name });
  await confirmIfAsked(page, link);
  await expect(link).toBeVisible();

  const viewer = await loggedIn(browser, unity.url);
  const navigation = viewer.getByRole('navigation', { name: 'Main' });
  await viewer.goto('/system/jobs');
  await expect(viewer.getByRole('grid', { name: 'Jobs' })).toBeVisible();
  await expect(viewer.getByRole('button', { name: /Run now/ })).toHaveCount(0);
  await expect(navigation.getByRole('link', { name: 'Users' })).toHaveCount(0);
  await viewer.goto('/system/users');
  await expect(viewer.getByRole('alert')).toContainText('The users could not be read');
  await expect(viewer.getByRole('button', { name: 'Add a user' })).toHaveCount(0);
  const asViewer = await Api.of(unity.url, await viewer.context().storageState());
  await expect(asViewer.call('POST', '/api/jobs/core.history/run')).rejects.toThrow(/jobs:manage/);
  await asViewer.dispose();

  await link.click();
  await expect(page.getByRole('heading', { name: VIEWER.name })).toBeVisible();
  await page.getByRole('button', { name: /^End the session of/ }).click();
  await expect(page.getByText('Not logged in')).toBeVisible();
  await viewer.goto('/system/jobs');
  await expect(viewer.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await viewer.context().close();
});

test('a token opens what it was made for, nothing else, and nothing once it is revoked', async ({
  adminPage: page,
  unity,
}) => {
  await page.goto('/system/tokens');
  await page.getByRole('button', { name: 'Make a token' }).first().click();
  await page.getByLabel(/^Name/).fill('prometheus');
  await page.getByLabel('metrics:read').check();
  await page.getByRole('button', { name: 'Make the token' }).click();
  const shown = page.getByLabel('the token', { exact: true });
  await confirmIfAsked(page, shown);
  const text = await shown.innerText();
  expect(text).toMatch(/^unity_/);
  await page.getByRole('button', { name: 'I have copied it' }).click();
  await expect(page.getByText(text)).toHaveCount(0);

  const program = await request.newContext({
    baseURL: unity.url,
    extraHTTPHeaders: { Authorization: `Bearer ${text}` },
  });
  expect((await program.get('/metrics')).status()).toBe(200);
  expect((await program.get('/api/users')).status()).toBe(403);

  await page.getByRole('button', { name: 'Revoke prometheus' }).click();
  await page.getByRole('button', { name: 'Revoke', exact: true }).click();
  await expect(page.getByText('No tokens')).toBeVisible();
  expect((await program.get('/metrics')).status()).toBe(401);
  await program.dispose();
});
