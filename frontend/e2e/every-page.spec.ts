// Every page that the navigation leads to, and every tab of a server: nothing wider than the screen,
// nothing that axe finds, in light and dark. A page that is added to the navigation is walked too.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './support/journey';

const WIDTHS = [390, 1024, 1600];
// axe takes most of the time: each scheme once, the narrowest and the widest screen once.
const AXE_AT = { light: 1600, dark: 390 };

const hrefsIn = (page: Page) =>
  page
    .getByRole('navigation', { name: 'Main' })
    .getByRole('link')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));

/** Until nothing loads any more; charts come with their own file. */
async function settle(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready);
}

/** The page follows the new width in a moment; what is still too wide then is a fault. */
const fits = (page: Page) =>
  page
    .waitForFunction(() => document.documentElement.scrollWidth <= window.innerWidth, null, {
      timeout: 15_000,
    })
    .then(
      () => true,
      () => false,
    );

/** Colours that are still on their way have no contrast worth measuring. */
async function turnTo(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.waitForFunction(
    (scheme) =>
      document.documentElement.dataset.mantineColorScheme === scheme &&
      document.getAnimations().every(({ playState }) => playState !== 'running'),
    colorScheme,
  );
}

async function faultsOf(page: Page, where: string): Promise<string[]> {
  const faults: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await turnTo(page, colorScheme);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const place = `${where}, ${colorScheme}, ${width} px`;
      if (!(await fits(page))) faults.push(`${place}: wider than the screen`);
      if (AXE_AT[colorScheme] !== width) continue;
      const { violations } = await new AxeBuilder({ page }).analyze();
      for (const { id, nodes } of violations)
        faults.push(`${place}: ${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
    }
  }
  return faults;
}

test('every page fits every screen, in light and dark, and axe finds nothing', async ({
  adminPage: page,
}) => {
  test.setTimeout(600_000);
  const faults: string[] = [];
  // Some links show only under an open word, so each page may add to what is left to walk.
  const pages = new Set(['/', '/servers/add']);
  for (const href of pages) {
    await page.setViewportSize({ width: 1600, height: 900 });
    await page.goto(href);
    await settle(page);
    for (const next of await hrefsIn(page)) pages.add(next);
    faults.push(...(await faultsOf(page, href)));
  }
  expect([...pages]).toContain('/servers');
  expect(faults).toEqual([]);
});

test('every tab of a server fits every screen too', async ({ adminPage: page, api }) => {
  test.setTimeout(600_000);
  const { items } = await api.call<{ items: { id: string }[] }>(
    'GET',
    '/api/infrastructure/servers',
  );
  const faults: string[] = [];
  await page.setViewportSize({ width: 1600, height: 900 });
  await page.goto(`/servers/${items[0]?.id}`);
  await settle(page);
  const tabs = await page.getByRole('tab').allTextContents();
  for (const tab of tabs) {
    await page.getByRole('tab', { name: tab }).click();
    await settle(page);
    faults.push(...(await faultsOf(page, `the tab ${tab}`)));
  }
  expect(tabs).toEqual(expect.arrayContaining(['Health', 'Facts', 'Runs']));
  expect(faults).toEqual([]);
});
