// A maintenance window is added for every night, seen with its next times, switched off and deleted;
// the report of the week is looked at before anybody gets it.
import { expect, test } from './support/journey';

test('a window opens every night until it is switched off', async ({ adminPage: page }) => {
  test.setTimeout(120_000);
  await page.goto('/alerts/silences');
  await page.getByRole('button', { name: 'Add a window' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Backups of the night');
  await dialog.getByLabel('First begins').fill('2031-03-29T01:30');
  await dialog.getByLabel('Lasts').fill('2');
  await dialog.getByLabel('Time zone').fill('Europe/Berlin');
  await dialog.getByLabel('How often').selectOption('Every day');
  // The night in which the clock goes from two to three has its window too.
  await expect(dialog.getByRole('status').getByRole('listitem')).toHaveCount(5);
  await expect(dialog.getByRole('status')).toContainText('March 30, 2031');
  await dialog.getByLabel('Why').fill('They load the disks');
  await dialog.getByRole('button', { name: 'Add the window' }).click();
  await expect(dialog).toBeHidden();
  const times = page.getByRole('list', { name: 'The next times of Backups of the night' });
  await expect(times.getByRole('listitem')).toHaveCount(5);

  // A silence of another journey may stand above, with buttons of the same names.
  const windows = page.getByRole('region', { name: 'Maintenance windows' });
  await windows.getByRole('button', { name: 'Change' }).click();
  await dialog.getByRole('switch', { name: 'It counts' }).uncheck();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Backups of the night: off')).toBeVisible();
  await windows.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('No window', { exact: true })).toBeVisible();
});

test('a report is looked at before anybody gets it', async ({ adminPage: page, api }) => {
  const { items } = await api.call<{ items: { name: string }[] }>(
    'GET',
    '/api/infrastructure/servers',
  );
  await page.goto('/alerts/reports');
  await page.getByRole('link', { name: 'Preview' }).click();
  await expect(page.getByText('Nothing was sent.')).toBeVisible();
  const mail = page.frameLocator('iframe');
  await expect(mail.getByText(items[0]?.name ?? 'no server').first()).toBeVisible();
});
