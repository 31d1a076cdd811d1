import { QueryClient } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import { LIVE_HANDLERS } from './live-handlers';

it('a run of a plugin makes its pages and its charts old, and no other chart', () => {
  const client = new QueryClient();
  const keys = [
    ['plugins', 'instance', 'upstairs'],
    ['metrics', 'upstairs', 'steady', 'pihole_blocking', 6],
    ['metrics', 'downstairs', 'steady', 'pihole_blocking', 6],
  ];
  for (const key of keys) client.setQueryData(key, {});
  LIVE_HANDLERS['plugin']?.(client, { id: 'upstairs' });
  expect(keys.map((key) => client.getQueryState(key)?.isInvalidated)).toEqual([true, true, false]);
});
