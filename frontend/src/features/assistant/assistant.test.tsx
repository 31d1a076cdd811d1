import { screen, waitFor } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import { renderUi, signedInClient } from '@/testing/render';
import { server } from '@/testing/server';
import { AskPage } from './components/ask-page';
import { AssistantPage } from './components/assistant-page';
import { ExplainPanel } from './components/explain-panel';
import { blocksOf } from './marked-text';

const ON = { explains_alerts: true, answers_questions: true, host: 'ollama.lan', model: 'small' };
const OFF = { explains_alerts: false, answers_questions: false, host: '', model: '' };
const FINISHED = {
  exchange_id: 'x1',
  is_cut: false,
  host: 'ollama.lan',
  model: 'small',
  input_tokens: 11,
  output_tokens: 7,
  seconds: 2,
};
const SETTINGS = {
  is_enabled: false,
  protocol: 'openai',
  base_url: 'http://127.0.0.1:11434/v1',
  model: '',
  has_api_key: true,
  silence_seconds: 60,
  limit_seconds: 180,
  most_input_characters: 24000,
  most_output_tokens: 1200,
  requests_per_day: 100,
  requests_per_month: null,
  cost_per_day: null,
  cost_per_month: null,
  input_price: null,
  output_price: null,
  currency: 'USD',
  hides_addresses: false,
  explains_alerts: true,
  answers_questions: true,
  keep_days: 90,
  updated_at: null,
  updated_by: '',
};

const state = (answer: object) => http.get('*/api/assistant', () => HttpResponse.json(answer));

/** A stream in odd pieces, as a network cuts it. */
function stream(...events: [string, object][]) {
  const text = events
    .map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
    .join('');
  const bytes = new TextEncoder().encode(text);
  return new HttpResponse(
    new ReadableStream({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.slice(at, at + 7));
        controller.close();
      },
    }),
    { headers: { 'Content-Type': 'text/event-stream' } },
  );
}

it('knows paragraphs, lists, code and references, and nothing else', () => {
  const blocks = blocksOf(
    'One **two**\nthree.\n\n- `a`\n- [b](server-1)\n\n1. c\n```sh\nls <b>\n```\n![p](http://evil.test/p)',
  );
  expect(blocks.map(({ kind }) => kind)).toEqual([
    'paragraph',
    'list',
    'list',
    'code',
    'paragraph',
  ]);
  expect(blocks[1]).toMatchObject({ items: [[{ kind: 'code' }], [{ ref: 'server-1' }]] });
  expect(blocks[3]).toEqual({ kind: 'code', text: 'ls <b>' });
  expect(blocks[4]).toEqual({
    kind: 'paragraph',
    spans: [{ kind: 'ref', text: 'p', ref: 'http://evil.test/p' }],
  });
});

it('explains an alert, and follows no link that was not checked', async () => {
  server.use(
    state(ON),
    http.post('*/api/assistant/alerts/a1/explanation', () =>
      stream(
        ['said', { text: 'The pool is [full](http://evil' }],
        ['said', { text: '.test/x), <b>see</b>.' }],
        ['finished', FINISHED],
      ),
    ),
  );
  const { user } = await renderUi(<ExplainPanel alertId="a1" />, {
    client: signedInClient('assistant:use'),
  });
  await user.click(await screen.findByRole('button', { name: 'Explain this alert' }));
  expect(await screen.findByText('The pool is full, <b>see</b>.')).toBeVisible();
  expect(await screen.findByText(/Written by small on ollama.lan/)).toBeVisible();
  expect(screen.queryByRole('link')).toBeNull();
});

it('shows a problem that comes in the middle of an answer', async () => {
  server.use(
    state(ON),
    http.post('*/api/assistant/alerts/a1/explanation', () =>
      stream(
        ['said', { text: 'The pool' }],
        ['problem', { status: 502, title: 'The answer broke off', fix: 'Ask again.' }],
      ),
    ),
  );
  const { user } = await renderUi(<ExplainPanel alertId="a1" />, {
    client: signedInClient('assistant:use'),
  });
  await user.click(await screen.findByRole('button', { name: 'Explain this alert' }));
  expect(await screen.findByRole('alert')).toHaveTextContent('The answer broke off');
  expect(screen.getByRole('button', { name: 'Try again' })).toBeVisible();
});

it('says how to switch it on to admins, and nothing to others', async () => {
  server.use(state(OFF));
  const others = await renderUi(<ExplainPanel alertId="a1" />, {
    client: signedInClient('assistant:use'),
  });
  await waitFor(() => expect(others.client.isFetching()).toBe(0));
  expect(screen.queryByText(/language model/)).toBeNull();
  await renderUi(<ExplainPanel alertId="a1" />, {
    client: signedInClient('assistant:use', 'settings:manage'),
  });
  expect(await screen.findByRole('link', { name: 'switch it on' })).toHaveAttribute(
    'href',
    '/system/assistant',
  );
});

it('answers a question with links that were checked', async () => {
  let asked = '';
  server.use(
    state(ON),
    http.post('*/api/assistant/questions', async ({ request }) => {
      asked = ((await request.json()) as { question: string }).question;
      const link = { ref: 'server-1', kind: 'server', id: 'i', title: 'nas', path: '/servers/i' };
      return stream(
        ['looking', { words: 'Looking for servers' }],
        ['answered', { text: '[The nas](server-1), not [x](server-9).', links: [link] }],
        ['finished', FINISHED],
      );
    }),
  );
  const { user } = await renderUi(<AskPage question="Which one is it?" />, {
    client: signedInClient('assistant:use'),
  });
  expect(asked).toBe('');
  await user.click(await screen.findByRole('button', { name: 'Ask' }));
  expect(await screen.findByRole('link', { name: 'The nas' })).toHaveAttribute(
    'href',
    '/servers/i',
  );
  expect(asked).toBe('Which one is it?');
  expect(screen.queryByRole('link', { name: 'x' })).toBeNull();
});

it('tests what stands in the form, and keeps the key that is not shown', async () => {
  let tested: object = {};
  const span = {
    requests: 3,
    requests_limit: 100,
    input_tokens: 5,
    output_tokens: 6,
    cost: null,
    cost_limit: null,
  };
  server.use(
    http.get('*/api/assistant/settings', () => HttpResponse.json(SETTINGS)),
    http.get('*/api/assistant/usage', () =>
      HttpResponse.json({
        zone: 'UTC',
        currency: 'USD',
        day: span,
        month: span,
        features: [],
        days: [],
      }),
    ),
    http.get('*/api/assistant/exchanges', () =>
      HttpResponse.json({ items: [], total: 0, page: 1, per_page: 25 }),
    ),
    http.post('*/api/assistant/settings/test', async ({ request }) => {
      tested = (await request.json()) as object;
      const check = { what: 'The provider answers', is_fine: true, detail: '', needed_for: '' };
      return HttpResponse.json({ is_fine: false, checks: [check], models: ['small', 'large'] });
    }),
  );
  const { user } = await renderUi(<AssistantPage />, { client: signedInClient('settings:manage') });
  expect(await screen.findByText('AI is off')).toBeVisible();
  await user.click(screen.getByRole('button', { name: 'Test it' }));
  expect(await screen.findByText('The provider answers: now choose a model')).toBeVisible();
  expect(tested).toMatchObject({ api_key: null, requests_per_day: 100, requests_per_month: null });
  expect(screen.getByText('The provider offers 2.')).toBeVisible();
  expect(await screen.findByText('Nothing was asked yet')).toBeVisible();
});
