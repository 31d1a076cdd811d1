// A real fault on a real sshd: it appears, somebody takes it on and silences it, and it ends.
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

test.setTimeout(240_000);
test.skip(getuid?.() !== 0, 'Only root can make the throw-away account: run the tests as root.');

async function add(page: Page, machine: Machine, name: string): Promise<void> {
  await page.goto('/servers/add');
  await page.getByRole('textbox', { name: 'Host', exact: true }).fill(machine.host);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
  await page.getByLabel('SSH port').fill(String(machine.port));
  await page.getByRole('button', { name: 'Look for it' }).click();
  await expect(page.getByLabel('Fingerprint', { exact: true })).toHaveText(machine.fingerprint);
  await page.getByRole('button', { name: 'They are the same: approve' }).click();
  await page.getByRole('radio', { name: 'Password', exact: true }).check();
  await page.getByLabel('User name').fill(machine.account.name);
  await page.getByRole('textbox', { name: 'Password' }).fill(machine.account.password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByRole('radio', { name: 'No sudo' }).check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByText(/^The server is (online|degraded)\./)).toBeVisible({
    timeout: 90_000,
  });
}

test('a fault is told, taken on, silenced, and over when it is mended', async ({
  adminPage: page,
  machine,
}) => {
  const name = 'loft';
  await add(page, machine, name);
  await machine.changeHostKey();
  await page.getByRole('link', { name: `Open ${name}` }).click();
  await page.getByRole('button', { name: 'Collect now' }).click();
  // A page that is loaded anew takes back what was just asked for: its outcome is awaited first.
  await page.getByRole('tab', { name: 'Access' }).click();
  const incident = page.getByRole('alert').filter({ hasText: 'has changed' });
  await expect(incident).toContainText(machine.fingerprint);

  await page.goto('/alerts');
  const title = `${name} answers with another host key`;
  await page.getByRole('link', { name: title }).click({ timeout: 60_000 });
  await expect(page.getByRole('heading', { name: title })).toBeVisible();
  // The runbook has the commands to compare the fingerprints with.
  await expect(page.getByText('ssh-keygen -lf').first()).toBeVisible();

  await page.getByRole('button', { name: 'Acknowledge' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Note').fill('I installed it anew.');
  await dialog.getByRole('button', { name: 'Acknowledge' }).click();
  await expect(page.getByText('I installed it anew.')).toBeVisible();

  await page.getByRole('button', { name: 'Silence', exact: true }).click();
  await expect(dialog.getByText(/1 open alert fits now/)).toBeVisible();
  await dialog.getByLabel('Why').fill('New disks');
  await dialog.getByRole('button', { name: 'Silence', exact: true }).click();
  await expect(page.getByText('Nobody is told of this')).toBeVisible();

  await page.getByRole('link', { name, exact: true }).first().click();
  await page.getByRole('tab', { name: 'Access' }).click();
  await incident.getByRole('button', { name: 'Approve the new key' }).click();
  await page.getByRole('button', { name: 'Trust the new key' }).click();
  await expect(incident).toBeHidden();
  await page.getByRole('button', { name: 'Collect now' }).click();
  await expect(page.getByText(/^(online|degraded)$/).first()).toBeVisible({ timeout: 90_000 });

  await page.goto('/alerts?state=resolved');
  await page.getByRole('link', { name: title }).click({ timeout: 90_000 });
  await expect(page.getByText('acknowledged:').first()).toBeVisible();
  await page.goto('/alerts/silences');
  await expect(page.getByText('New disks')).toBeVisible();
});
