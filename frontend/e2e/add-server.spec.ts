// Somebody adds a machine over SSH: a real sshd, real accounts, and what goes wrong with them.
import { getuid } from 'node:process';
import type { Page } from '@playwright/test';
import { expect, test as journey } from './support/journey';
import { Machine } from './support/sshd';

const test = journey.extend<{ machine: Machine }>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixtures from the pattern.
  machine: async ({}, use) => {
    const machine = await Machine.start();
    try {
      await use(machine);
    } finally {
      await machine.remove();
    }
  },
});

// The first collection asks for everything, the list of packages included.
test.setTimeout(180_000);
test.skip(getuid?.() !== 0, 'Only root can make the throw-away account: run the tests as root.');

async function reach(page: Page, machine: Machine, name: string): Promise<void> {
  await page.goto('/servers/add');
  await page.getByRole('textbox', { name: 'Host', exact: true }).fill(machine.host);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
  await page.getByLabel('SSH port').fill(String(machine.port));
  await page.getByRole('button', { name: 'Look for it' }).click();
}

async function approve(page: Page, machine: Machine): Promise<void> {
  await expect(page.getByLabel('Fingerprint', { exact: true })).toHaveText(machine.fingerprint);
  await page.getByRole('button', { name: 'They are the same: approve' }).click();
}

const logIn = (page: Page) => page.getByRole('button', { name: 'Log in', exact: true });
const checks = (page: Page, name: string) => page.getByRole('list', { name });

/** It answered. On a busy machine a slow fact may come too late, which makes it degraded. */
async function seeResult(page: Page): Promise<void> {
  await expect(page.getByText(/^The server is (online|degraded)\./)).toBeVisible({
    timeout: 90_000,
  });
}

/** Adds the machine by a stored password, without sudo. */
async function addByPassword(page: Page, machine: Machine, name: string): Promise<void> {
  await reach(page, machine, name);
  await approve(page, machine);
  await page.getByRole('radio', { name: 'Password', exact: true }).check();
  await page.getByLabel('User name').fill(machine.account.name);
  await page.getByRole('textbox', { name: 'Password' }).fill(machine.account.password);
  await logIn(page).click();
  await page.getByRole('radio', { name: 'No sudo' }).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await seeResult(page);
}

test('a server is added by a one-time password and then opened by its key', async ({
  adminPage: page,
  machine,
}) => {
  await reach(page, machine, 'attic');
  await approve(page, machine);
  await page.getByLabel('User name').fill(machine.account.name);
  await page.getByLabel('One-time password').fill('not the password');
  await logIn(page).click();

  // The wrong password costs nothing but itself: what was typed and made is used again.
  const steps = checks(page, 'Logging in');
  await expect(steps).toContainText('did not accept the password');
  await expect(steps).toContainText('Check the user name');
  await page.getByLabel('One-time password').fill(machine.account.password);
  await page.getByRole('button', { name: 'Try again' }).click();

  await page.getByRole('radio', { name: 'No sudo' }).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await seeResult(page);
  expect(await machine.authorizedKeys()).toContain('ssh-ed25519');
  expect(await machine.log()).toContain(`Accepted publickey for ${machine.account.name}`);

  await page.getByRole('link', { name: 'Open attic' }).click();
  await expect(page.getByRole('heading', { name: 'attic', exact: true })).toBeVisible();
});

test('a closed port is told with its fix, and the form keeps what was typed', async ({
  adminPage: page,
  machine,
}) => {
  await reach(page, machine, 'cellar');
  await expect(page.getByLabel('Fingerprint', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: /Reach the machine/ }).click();
  await page.getByLabel('SSH port').fill('1');
  await page.getByRole('button', { name: 'Try again' }).click();
  const steps = checks(page, 'Whether the machine answers');
  await expect(steps).toContainText('the connection was refused');
  await expect(steps).toContainText('Check the port');
  await expect(page.getByRole('textbox', { name: 'Name', exact: true })).toHaveValue('cellar');
});

test('missing sudo shows the exact lines, and they are enough', async ({
  adminPage: page,
  machine,
}) => {
  await reach(page, machine, 'garage');
  await approve(page, machine);
  await page.getByLabel('User name').fill(machine.account.name);
  await page.getByLabel('One-time password').fill(machine.account.password);
  await logIn(page).click();
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await expect(checks(page, 'Checking sudo')).toContainText('sudo refused');
  const lines = await page.getByLabel('the lines for sudoers', { exact: true }).innerText();
  expect(lines).toContain(`${machine.account.name} ALL=(root) NOPASSWD: /`);

  await machine.allowSudo(lines);
  await page.getByRole('button', { name: 'Check again' }).click();
  await seeResult(page);
});

test('a changed host key is quarantined until somebody trusts it', async ({
  adminPage: page,
  machine,
}) => {
  await addByPassword(page, machine, 'shed');
  const before = machine.fingerprint;
  await machine.changeHostKey();
  const logged = (await machine.log()).length;

  await page.getByRole('link', { name: 'Open shed' }).click();
  await page.getByRole('button', { name: 'Collect now' }).click();
  await page.getByRole('tab', { name: 'Access' }).click();
  const incident = page.getByRole('alert').filter({ hasText: 'The host key of shed has changed.' });
  await expect(incident).toContainText(before);
  await expect(incident).toContainText(machine.fingerprint);
  expect((await machine.log()).slice(logged)).not.toMatch(/(Accepted|Failed) password/);

  await incident.getByRole('button', { name: 'Approve the new key' }).click();
  await page.getByRole('button', { name: 'Trust the new key' }).click();
  // The password is asked again only when the login is some minutes old.
  await expect(incident).toBeHidden();
  await page.getByRole('button', { name: 'Collect now' }).click();
  await expect(page.getByText(/^(online|degraded)$/).first()).toBeVisible({ timeout: 90_000 });
});
