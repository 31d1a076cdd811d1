// The whole way with the keyboard alone: palette, server, back, search, a saved view, the activity.
import type { Page } from '@playwright/test';
import { expect, test } from './support/journey';

async function findAndOpen(page: Page, words: string, label: string): Promise<void> {
  await page.keyboard.press('Control+k');
  const box = page.getByRole('textbox', { name: 'Find anything' });
  await expect(box).toBeFocused();
  await page.keyboard.type(words);
  const row = page.locator('[data-action]').filter({ hasText: label }).first();
  await expect(row).toBeVisible();
  // Down until the row is chosen, as a person would.
  for (let step = 0; step < 12; step += 1) {
    if ((await row.getAttribute('data-selected')) !== null) break;
    await page.keyboard.press('ArrowDown');
  }
  await page.keyboard.press('Enter');
  await expect(box).toBeHidden();
}

async function tabTo(page: Page, name: string): Promise<void> {
  for (let step = 0; step < 60; step += 1) {
    const focused = await page.evaluate(
      () =>
        document.activeElement?.getAttribute('aria-label') ??
        document.activeElement?.textContent?.trim(),
    );
    if (focused === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${name} is not reached with the keyboard.`);
}

test('a server, a search, a view and the activity are reached without a mouse', async ({
  adminPage: page,
  api,
}) => {
  const machine = { name: 'cellar-nas', host: '192.0.2.77', username: 'unity', is_enabled: false };
  const { id } = await api.call<{ id: string }>('POST', '/api/infrastructure/servers', machine);
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();

  await findAndOpen(page, '192.0.2.77', 'cellar-nas');
  await expect(page).toHaveURL(new RegExp(`/servers/${id}`));
  await expect(page.getByRole('heading', { name: 'cellar-nas' })).toBeVisible();
  // Alt and the arrow belong to the browser's own window, which tests do not have.
  await page.goBack();
  await expect(page).toHaveURL(/\/$/);

  await findAndOpen(page, 'serv', 'Servers');
  await expect(page).toHaveURL(/\/servers$/);
  await tabTo(page, 'Filter servers');
  await page.keyboard.type('cellar');
  await expect(page).toHaveURL(/q=cellar/);
  await tabTo(page, 'Views');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Save these filters…' })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.type('Cellar');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Cellar' })).toBeVisible();

  await findAndOpen(page, 'activity', 'Activity');
  await expect(page.getByRole('link', { name: 'Server cellar-nas was added' })).toBeVisible();
  await findAndOpen(page, 'cellar', 'Cellar');
  await expect(page).toHaveURL(/\/servers/);
});

test('what happens while the activity is open is offered above it', async ({
  adminPage: page,
  api,
}) => {
  await page.goto('/activity');
  await expect(page.getByRole('heading', { name: 'Activity' })).toBeVisible();
  const machine = { name: 'attic-nas', host: '192.0.2.78', username: 'unity', is_enabled: false };
  await api.call('POST', '/api/infrastructure/servers', machine);
  await page.getByRole('button', { name: /^Show \d+ new events?$/ }).click();
  await expect(page.getByRole('link', { name: 'Server attic-nas was added' })).toBeVisible();
});
