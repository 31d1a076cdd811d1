import { expect, it } from 'vitest';
import { splitValues, valuesOf } from '@/lib/form-values';
import type { Route } from './api';
import { CHANNEL, FIELDS, ROUTE } from './samples';
import { hoursInWords, MATCH, PLAN } from './values';
import { matchInWords, planInWords, treeOf } from './words';

it('values are split into settings and secrets, without what is empty', () => {
  const values = valuesOf(FIELDS, CHANNEL.settings);
  expect(values).toEqual({ server: 'https://ntfy.sh', topic: '' });
  expect(splitValues(FIELDS, values)).toEqual({
    settings: { server: 'https://ntfy.sh' },
    secrets: {},
  });
});

it('hours, matches and plans are put into words', () => {
  expect(hoursInWords({ days: [0, 1, 2, 3, 4], begin: '22:00', end: '07:00' })).toBe(
    'Mon–Fri 22:00–07:00',
  );
  const route: Route = {
    ...ROUTE,
    match: { ...MATCH, severities: ['critical'], tags: ['home'] },
    plan: { ...PLAN, channels: [], escalate_after_minutes: 5, escalate_to: ['c1'] },
  };
  expect(matchInWords(route)).toBe('Critical alerts with the tag home');
  const names = [{ id: 'c1', name: 'Phone', is_enabled: true, state: 'ok' }];
  expect(planInWords(route, names)).toBe('nobody; after 5 min to Phone');
  const child = { ...ROUTE, id: 'r2', parent_id: 'r1' };
  expect(treeOf([child, ROUTE]).map(({ depth }) => depth)).toEqual([0, 1]);
});
