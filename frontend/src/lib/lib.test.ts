import { expect, it } from 'vitest';
import { refreshSeconds, resolveRange } from './ranges';
import { tableSearchWith, timeRangeSearch } from './search';
import { worstOf } from './states';

it('the worst state wins, and not knowing is worse than ok', () => {
  expect(worstOf([])).toBe('ok');
  expect(worstOf(['ok', 'unknown'])).toBe('unknown');
  expect(worstOf(['unknown', 'critical', 'warning'])).toBe('critical');
});

it('a range slides with the clock and a zoom stands still', () => {
  expect(resolveRange({ range: '15m' }, 10_000)).toEqual({ from: 9_100, to: 10_000 });
  expect(resolveRange({ range: '15m', from: 5, to: 9 }, 10_000)).toEqual({ from: 5, to: 9 });
  expect(refreshSeconds({ from: 5, to: 9 })).toBe(false);
  expect(refreshSeconds({ range: '1y' })).toBe(300);
});

it('a hand-made address falls back to the defaults', () => {
  expect(timeRangeSearch.parse({ range: 'forever', from: 'x' })).toEqual({});
  const search = tableSearchWith('status');
  expect(search.parse({ q: 'a', status: 'offline', page: -1, sort: 4 })).toEqual({
    q: 'a',
    status: 'offline',
  });
});
