import { expect, it } from 'vitest';
import type { Alert } from './api';
import { metricsOf } from './components/instance-charts';
import { scaleOf, standingOf, valueInWords } from './words';

const DECLARED = {
  metrics: [
    { name: 'pihole_blocking', about: '1 while it blocks.', unit: 'yes/no', kind: 'gauge' },
    { name: 'pihole_blocked_percent', about: 'Blocked.', unit: 'percent', kind: 'gauge' },
  ],
};

it('it stands as bad as its own trouble, else as what it found', () => {
  const alert = (resource_id: string, severity: Alert['severity']) =>
    ({ resource_id, severity, title: `${severity} of ${resource_id}` }) as Alert;
  const alerts = [alert('a', 'warning'), alert('a', 'critical'), alert('b', 'info')];
  const at = (id: string, state = 'ok', problem = '') =>
    standingOf({ id, state, problem }, alerts).word;
  expect(at('a')).toBe('critical');
  expect(at('b')).toBe('OK');
  expect(at('a', 'failing', 'It is gone.')).toBe('failing');
  expect(at('a', 'off')).toBe('switched off');
});

it('metrics stand in the order in which they are declared, others behind', () => {
  const series = (metric: string) => ({
    metric,
    unit: '',
    kind: 'gauge',
    labels: {},
    interval: 60,
  });
  const found = metricsOf(['z', 'pihole_blocked_percent', 'pihole_blocking'].map(series), DECLARED);
  expect(found.map(({ about }) => about)).toEqual(['1 while it blocks.', 'Blocked.', 'z']);
});

it('values and units are put as people read them', () => {
  expect(valueInWords(null, 'text', '')).toBe('–');
  expect(valueInWords(12.5, 'percent', '')).toBe('12.5 %');
  expect(valueInWords(3, 'number', 'days')).toBe('3 days');
  expect(valueInWords(true, 'text', '')).toBe('yes');
  expect(scaleOf('bytes', 'counter').unit).toBe('bytes_per_second');
  expect(scaleOf('V', 'gauge')).toEqual({ unit: 'count', factor: 1, note: 'V' });
});
