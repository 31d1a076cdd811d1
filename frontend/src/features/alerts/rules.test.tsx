import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it } from 'vitest';
import type { components } from '@/api/schema';
import { pageOf } from '@/testing/factories';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { RulePage } from './components/rule-page';
import { RulesPage } from './components/rules-page';
import { rule } from './made-up';

type Schemas = components['schemas'];
const EMPTY_PREVIEW: Schemas['RulePreview'] = {
  since: '2026-01-01T00:00:00Z',
  until: '2026-01-08T00:00:00Z',
  series: 2,
  series_tried: 2,
  count: 0,
  seconds: 0,
  resources: 0,
  incidents: [],
  note: '',
  findings: [],
};
const signedIn = () => ({ client: signedInClient('alerts:read', 'alerts:manage') });

beforeEach(() =>
  server.use(
    http.get('*/api/infrastructure/servers', () =>
      HttpResponse.json({ items: [{ id: 's1', name: 'nas' }], total: 1 }),
    ),
    http.get('*/api/resources/groups', () => HttpResponse.json([{ id: 'g1', name: 'Storage' }])),
    http.get('*/api/resources/tags', () => HttpResponse.json([])),
  ),
);

describe('rules', () => {
  it('that look at nothing say so in the list', async () => {
    const blind = { kind: 'blind', text: 'Nothing that is measured anywhere is called x.' };
    server.use(
      http.get('*/api/alerts/rules', () => HttpResponse.json(pageOf(rule({ findings: [blind] })))),
    );
    await renderUi(<RulesPage />, signedIn());
    const table = await screen.findByRole('grid', { name: 'Alert rules' });
    expect(within(table).getByText('look at it')).toBeVisible();
  });

  it('that wait for the first machine with such a thing ask nothing of anybody', async () => {
    const waiting = { kind: 'waiting', text: 'Nothing here reports this yet.' };
    server.use(
      http.get('*/api/alerts/rules', () =>
        HttpResponse.json(pageOf(rule({ findings: [waiting] }))),
      ),
    );
    await renderUi(<RulesPage />, signedIn());
    const table = await screen.findByRole('grid', { name: 'Alert rules' });
    expect(within(table).queryByText('look at it')).toBeNull();
    expect(within(table).getByText('waits')).toBeVisible();
  });

  it('that cannot be read say why, and can be written anew', async () => {
    const broken = rule({
      definition: null,
      findings: [{ kind: 'unreadable', text: 'It cannot be read: magic.' }],
    });
    server.use(
      http.get('*/api/alerts/rules', () => HttpResponse.json(pageOf(broken))),
      http.get('*/api/alerts/rules/:id', () => HttpResponse.json(broken)),
    );
    await renderUi(<RulePage id={broken.id} />, signedIn());
    expect(await screen.findByText('It cannot be read: magic.')).toBeVisible();
    expect(screen.getByText('what is stored cannot be read')).toBeVisible();
    expect(screen.getByLabelText('It fires when')).toBeEnabled();
  });

  it('are tried out while they are changed, and refused at the field', async () => {
    let days = 0;
    server.use(
      http.get('*/api/alerts/rules', () => HttpResponse.json(pageOf(rule()))),
      http.get('*/api/alerts/rules/:id', () => HttpResponse.json(rule())),
      http.post('*/api/alerts/rules/preview', async ({ request }) => {
        const wish = (await request.json()) as Schemas['RulePreviewWish'];
        days = wish.days ?? 0;
        if (wish.rule.definition.type === 'threshold' && wish.rule.definition.metric === 'gone')
          return HttpResponse.json(
            {
              title: 'The rule is not valid',
              errors: [
                { pointer: '/body/rule/definition/metric', detail: 'Nothing is called gone.' },
              ],
            },
            { status: 422 },
          );
        return HttpResponse.json(EMPTY_PREVIEW);
      }),
    );
    const { user } = await renderUi(<RulePage id={rule().id} />, signedIn());
    expect(
      await screen.findByText('It would not have fired in the last 7 days. It looks at 2 series.'),
    ).toBeVisible();
    expect(days).toBe(7);
    const metric = screen.getByRole('combobox', { name: /^Metric/ });
    await user.clear(metric);
    await user.type(metric, 'gone');
    await waitFor(() => expect(metric).toHaveAccessibleDescription(/Nothing is called gone/));
  });

  it('are made of several conditions, each with its own faults', async () => {
    let sent: Schemas['RuleWrite'] | undefined;
    server.use(
      http.get('*/api/alerts/rules', () => HttpResponse.json(pageOf(rule()))),
      http.post('*/api/alerts/rules/preview', () => HttpResponse.json(EMPTY_PREVIEW)),
      http.post('*/api/alerts/rules', async ({ request }) => {
        sent = (await request.json()) as Schemas['RuleWrite'];
        return HttpResponse.json(
          {
            title: 'The rule is not valid',
            detail: 'Nothing is called gone.',
            errors: [
              { pointer: '/body/definition/parts/1/metric', detail: 'Nothing is called gone.' },
            ],
          },
          { status: 422 },
        );
      }),
    );
    const { user } = await renderUi(<RulePage id="new" />, signedIn());
    await user.type(await screen.findByLabelText(/^Name/), 'Hot');
    await user.selectOptions(screen.getByLabelText('It fires when'), 'composite');
    const second = screen.getByRole('group', { name: 'Condition 2' });
    const first = screen.getByRole('group', { name: 'Condition 1' });
    await user.type(within(first).getByRole('combobox', { name: /^Metric/ }), 'load');
    await user.type(within(first).getByLabelText(/^Wrong from/), '4');
    await user.selectOptions(within(second).getByLabelText('It is true when'), 'absence');
    await user.type(within(second).getByRole('combobox', { name: /^Metric/ }), 'gone');
    await user.click(screen.getByRole('button', { name: 'Add the rule' }));
    await waitFor(() => expect(sent).toBeDefined());
    expect(sent?.definition).toMatchObject({
      type: 'composite',
      join: 'all',
      parts: [
        { type: 'threshold', metric: 'load', raise_level: 4 },
        { type: 'absence', metric: 'gone', after_seconds: 900 },
      ],
    });
    await waitFor(() =>
      expect(within(second).getByRole('combobox', { name: /^Metric/ })).toHaveAccessibleDescription(
        /Nothing is called gone/,
      ),
    );
  });

  it('look where they are told to', async () => {
    let sent: Schemas['RuleWrite'] | undefined;
    server.use(
      http.get('*/api/alerts/rules', () => HttpResponse.json(pageOf(rule()))),
      http.get('*/api/alerts/rules/:id', () => HttpResponse.json(rule())),
      http.post('*/api/alerts/rules/preview', () => HttpResponse.json(EMPTY_PREVIEW)),
      http.put('*/api/alerts/rules/:id', async ({ request }) => {
        sent = (await request.json()) as Schemas['RuleWrite'];
        return HttpResponse.json(rule());
      }),
    );
    const { user } = await renderUi(<RulePage id={rule().id} />, signedIn());
    await user.click(await screen.findByRole('combobox', { name: 'Only on these servers' }));
    await user.click(await screen.findByRole('option', { name: 'nas' }));
    await user.click(screen.getByRole('combobox', { name: 'Only in these groups' }));
    await user.click(await screen.findByRole('option', { name: 'Storage' }));
    await user.click(screen.getByRole('button', { name: 'Save the rule' }));
    await waitFor(() => expect(sent?.scope).toEqual({ servers: ['s1'], groups: ['g1'], tags: [] }));
  });

  it('have exceptions for servers, with a severity and a time of their own', async () => {
    let sent: Schemas['RuleWrite'] | undefined;
    server.use(
      http.get('*/api/alerts/rules', () => HttpResponse.json(pageOf(rule()))),
      http.get('*/api/alerts/rules/:id', () => HttpResponse.json(rule())),
      http.post('*/api/alerts/rules/preview', () => HttpResponse.json(EMPTY_PREVIEW)),
      http.put('*/api/alerts/rules/:id', async ({ request }) => {
        sent = (await request.json()) as Schemas['RuleWrite'];
        return HttpResponse.json(rule());
      }),
    );
    const { user } = await renderUi(<RulePage id={rule().id} />, signedIn());
    await user.click(await screen.findByRole('button', { name: 'Add an exception' }));
    const one = screen.getByRole('group', { name: 'Exception 1' });
    await user.click(within(one).getByRole('combobox', { name: 'On these servers' }));
    await user.click(await screen.findByRole('option', { name: 'nas' }));
    await user.selectOptions(within(one).getByLabelText('Severity'), 'critical');
    await user.type(within(one).getByLabelText('Told after'), '2');
    await user.click(screen.getByRole('button', { name: 'Save the rule' }));
    await waitFor(() =>
      expect(sent?.overrides).toEqual([
        {
          labels: [],
          servers: ['s1'],
          severity: 'critical',
          for_seconds: 120,
          raise_level: null,
          clear_level: null,
          is_ignored: false,
        },
      ]),
    );
  });

  it('keep the other exceptions when one is removed', async () => {
    let sent: Schemas['RuleWrite'] | undefined;
    const other = { is_ignored: true, labels: [], raise_level: null, clear_level: null };
    const found = rule({
      overrides: [
        { ...other, servers: ['s1'], severity: null, for_seconds: null },
        { ...other, servers: ['s2'], severity: 'critical', for_seconds: 60 },
      ],
    });
    server.use(
      http.get('*/api/alerts/rules', () => HttpResponse.json(pageOf(found))),
      http.get('*/api/alerts/rules/:id', () => HttpResponse.json(found)),
      http.post('*/api/alerts/rules/preview', () => HttpResponse.json(EMPTY_PREVIEW)),
      http.put('*/api/alerts/rules/:id', async ({ request }) => {
        sent = (await request.json()) as Schemas['RuleWrite'];
        return HttpResponse.json(found);
      }),
    );
    const { user } = await renderUi(<RulePage id={found.id} />, signedIn());
    await user.click(await screen.findByRole('button', { name: 'Remove exception 1' }));
    await user.click(screen.getByRole('button', { name: 'Save the rule' }));
    await waitFor(() => expect(sent?.overrides).toHaveLength(1));
    expect(sent?.overrides?.[0]).toMatchObject({ servers: ['s2'], for_seconds: 60 });
  });
});
