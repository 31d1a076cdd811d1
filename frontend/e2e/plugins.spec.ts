// A web check against something that really serves: found in the gallery, entered wrongly and
// rightly, run, seen to find what is wrong, and switched off.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from './support/journey';

test('a plugin is set up from the gallery, run, judged and switched off', async ({
  adminPage: page,
}) => {
  let status = 200;
  const peer = createServer((_, answer) => answer.writeHead(status).end('fine'));
  await once(peer.listen(0, '127.0.0.1'), 'listening');
  const place = peer.address();
  if (place === null || typeof place === 'string') throw new Error('No port is free.');
  try {
    // The first look at what is installed may still be under way; the page hears of its end.
    await page.goto('/system/plugins');
    await page.getByRole('link', { name: 'HTTP check', exact: true }).click();
    await page.getByRole('button', { name: 'Add one' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Cloud');
    const address = page.getByRole('textbox', { name: 'Address' });
    await address.fill('cloud');
    await page.getByRole('button', { name: 'Add it' }).click();
    await expect(page.getByText(/^It must begin with http/)).toBeVisible();
    await address.fill(`http://127.0.0.1:${place.port}/`);
    await page.getByRole('button', { name: 'Test' }).click();
    await expect(page.getByText(/^It works, after/)).toBeVisible();
    await page.getByRole('button', { name: 'Add it' }).click();

    const run = page.getByRole('button', { name: 'Run now' });
    const asked = page.getByRole('row').filter({ hasText: 'alice' });
    await run.click();
    await expect(asked).toHaveText(/done.*Status 200 in/);
    const badge = page.getByRole('heading', { name: 'Cloud' }).locator('..');
    await expect(badge).toContainText('OK');

    // One bad answer may be a hiccup; two in a row are told.
    status = 503;
    await run.click();
    await expect(asked.first()).toHaveText(/It answered, but status 503 instead of 200-299/);
    await run.click();
    await expect(asked).toHaveCount(3);
    await expect(badge).toContainText('critical');
    await expect(page.getByRole('heading', { name: 'What is wrong' })).toBeVisible();

    await page.getByRole('button', { name: 'Switch off' }).click();
    await expect(badge).toContainText('switched off');
    await expect(page.getByRole('heading', { name: 'What is wrong' })).toBeHidden();
  } finally {
    peer.close();
  }
});
