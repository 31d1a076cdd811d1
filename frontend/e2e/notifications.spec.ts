// Being told: a web hook with a real receiver, its test, an alert that arrives, a receiver that
// refuses until the message is a dead letter, and the button that sends it again.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { startBackend } from './support/backend';
import { collectFaults, expect, test } from './support/journey';
import { Api, makeAdmin } from './support/people';

interface Receiver {
  url: string;
  heard: { key: string; event: string; title: string }[];
  status: number;
  server: Server;
}

async function listen(): Promise<Receiver> {
  const server = createServer();
  const receiver: Receiver = { url: '', heard: [], status: 200, server };
  server.on('request', (asked, answer) => {
    let body = '';
    asked.on('data', (part: Buffer) => (body += part.toString()));
    asked.on('end', () => {
      answer.writeHead(receiver.status).end('noted');
      if (receiver.status !== 200) return;
      const { event, title } = JSON.parse(body) as { event: string; title: string };
      const key = asked.headers['idempotency-key'];
      receiver.heard.push({ key: String(key), event, title });
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port is free.');
  receiver.url = `http://127.0.0.1:${address.port}/hook`;
  return receiver;
}

test('an alert arrives, is refused until it is a dead letter, and is sent again', async ({
  browser,
}) => {
  test.setTimeout(180_000);
  const receiver = await listen();
  const unity = await startBackend({
    UNITY_NOTIFICATIONS__ALLOW: '127.0.0.1',
    UNITY_NOTIFICATIONS__LOOK_SECONDS: '1',
    UNITY_NOTIFICATIONS__FIRST_RETRY_SECONDS: '0.2',
    UNITY_COLLECT__STANDARD_SECONDS: '2',
  });
  try {
    const admin = await makeAdmin(unity);
    const context = await browser.newContext({ baseURL: unity.url, storageState: admin });
    const page = await context.newPage();
    const faults = collectFaults(page);

    await page.goto('/alerts/notifications');
    await page.getByRole('button', { name: 'Add a channel' }).click();
    await page.getByLabel('Search').fill('web hook');
    await page.getByRole('button', { name: 'Web hook', exact: true }).click();
    await page.getByLabel(/^Name/).fill('Log');
    await page
      .getByRole('dialog')
      .getByLabel(/^Address/)
      .fill(receiver.url);
    await page.getByRole('button', { name: 'Add the channel' }).click();
    await page.getByRole('button', { name: 'Send a test' }).click();
    await expect(page.getByText('127.0.0.1 answered with status 200: noted')).toBeVisible();
    expect(receiver.heard[0]?.event).toBe('test');

    await page.getByRole('tab', { name: 'Routes' }).click();
    await expect(page.getByText('All alerts → Log')).toBeVisible();
    await expect(page.getByText('It goes to Log.')).toBeVisible();

    // A machine that nobody finds is offline after two cycles.
    const api = await Api.of(unity.url, admin);
    receiver.status = 404;
    await api.call('POST', '/api/infrastructure/servers', {
      name: 'gone',
      host: '127.0.0.1',
      port: 1,
      username: 'nobody',
    });
    await page.getByRole('tab', { name: 'Deliveries' }).click();
    const letter = page.getByRole('row', { name: /dead letter.*gone/ });
    await expect(letter.first()).toBeVisible({ timeout: 90_000 });

    receiver.status = 200;
    await letter.first().getByRole('button').click();
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByText('failed: 127.0.0.1 answered with status 404.')).toHaveCount(5);
    await dialog.getByRole('button', { name: 'Try again' }).click();
    await expect(dialog.getByText('delivered', { exact: true })).toBeVisible();
    expect(receiver.heard.filter(({ event }) => event === 'fired').length).toBeGreaterThan(0);
    await api.dispose();
    await context.close();
    expect(faults).toEqual([]);
  } finally {
    await unity.stop();
    receiver.server.close();
  }
});
