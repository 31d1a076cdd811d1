// `test` as the journeys use it: with a Unity of their own, and a page that is logged in.
import { test as base, type Page } from '@playwright/test';
import { startBackend, type Backend } from './backend';
import { Api, makeAdmin, type StorageState } from './people';

interface Worlds {
  /** A Unity that nobody has set up, for this test alone. */
  newcomer: Backend;
  /** The API of `unity` as its admin, for making data. */
  api: Api;
  /** A page of `unity` with its admin logged in; it fails the test on any error in the browser. */
  adminPage: Page;
}

interface SharedWorlds {
  /** A Unity with an admin and this machine, shared by the tests of a file's worker. */
  unity: Backend & { admin: StorageState };
}

export const test = base.extend<Worlds, SharedWorlds>({
  unity: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixtures from the pattern.
    async ({}, use) => {
      const backend = await startBackend();
      try {
        await use({ ...backend, admin: await makeAdmin(backend) });
      } finally {
        await backend.stop();
      }
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  newcomer: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixtures from the pattern.
    async ({}, use) => {
      const backend = await startBackend();
      try {
        await use(backend);
      } finally {
        await backend.stop();
      }
    },
    { timeout: 120_000 },
  ],
  api: async ({ unity }, use) => {
    const api = await Api.of(unity.url, unity.admin);
    await use(api);
    await api.dispose();
  },
  adminPage: async ({ browser, unity }, use) => {
    const context = await browser.newContext({ baseURL: unity.url, storageState: unity.admin });
    const page = await context.newPage();
    const faults = collectFaults(page);
    await use(page);
    await context.close();
    if (faults.length > 0) throw new Error(`The browser reported:\n${faults.join('\n')}`);
  },
});

/** Errors that a person would not see but the browser tells: exceptions and refused styles or scripts. */
export function collectFaults(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`${error.name}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content.Security.Policy/i.test(message.text()))
      faults.push(message.text());
  });
  return faults;
}

export { expect } from '@playwright/test';
