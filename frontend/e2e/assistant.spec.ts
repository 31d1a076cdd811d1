// A model of the own network is tested and switched on; it looks a server up and answers with a link.
import { expect, test as journey } from './support/journey';
import { Models } from './support/models';

const test = journey.extend<{ models: Models }>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixtures from the pattern.
  models: async ({}, use) => {
    const models = await Models.start();
    await use(models);
    models.stop();
  },
});

test('a question is answered with a link to what it speaks of', async ({
  adminPage: page,
  api,
  models,
}) => {
  test.setTimeout(120_000);
  const { items } = await api.call<{ items: { id: string; name: string }[] }>(
    'GET',
    '/api/infrastructure/servers',
  );
  const { id, name } = items[0] ?? { id: '', name: '' };

  await page.goto('/system/assistant');
  await page.getByLabel('Address of its API').fill(models.url);
  await page.getByRole('combobox', { name: 'Model' }).fill('plain');
  await page.getByRole('button', { name: 'Test it' }).click();
  await expect(page.getByText('It works', { exact: true })).toBeVisible();
  await page.getByRole('combobox', { name: 'Model' }).fill('script');
  await page.getByRole('switch', { name: 'AI is on' }).check();
  await page.getByRole('switch', { name: 'Answer questions' }).check();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('AI is on: script')).toBeVisible();

  await models.say(
    { calls: [['find_servers', {}]] },
    { calls: [['give_answer', { answer: `Only [this one](server-1). <b>No more.</b>` }]] },
  );
  await page.goto('/ask');
  await page.getByRole('textbox', { name: 'Your question' }).fill('Which servers are there?');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Which servers are there?' })).toBeVisible();
  // What a model writes is text: a tag of its own stands there as it was typed.
  await expect(page.getByText('<b>No more.</b>')).toBeVisible();
  expect(await models.heard()).toContain(name);
  await page.getByRole('link', { name, exact: true }).last().click();
  await expect(page).toHaveURL(new RegExp(`/servers/${id}`));

  await page.goto('/system/assistant');
  await page.getByRole('switch', { name: 'AI is on' }).uncheck();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('AI is off', { exact: true })).toBeVisible();
});
