import type uPlot from 'uplot';
import { expect, it } from 'vitest';
import { chartData, lastKnown, lonely, stack } from './data';
import { chartOptions } from './options';

const base = { title: 't', times: [1, 2], unit: 'count' as const, from: 1, to: 2 };
const line = (label: string, values: (number | null)[]) => ({ label, values });

it('stacked areas are sums, and a gap below is a gap above', () => {
  expect(stack([line('a', [1, null]), line('b', [2, 3])])).toEqual([
    [1, null],
    [3, null],
  ]);
});

it('a chart holds six series at most', () => {
  const series = Array.from({ length: 8 }, (_, index) => line(String(index), [1, 2]));
  expect(chartData({ ...base, series })).toHaveLength(7);
});

it('bands stand behind the lines', () => {
  const series = [{ ...line('a', [2, 2]), min: [1, 1], max: [3, 3] }, line('b', [5, 5])];
  expect(chartData({ ...base, series })).toEqual([
    [1, 2],
    [2, 2],
    [5, 5],
    [1, 1],
    [3, 3],
  ]);
});

it('the latest known value skips gaps', () => {
  expect(lastKnown([1, 2, null])).toBe(2);
  expect(lastKnown([null])).toBeNull();
});

it('a value between gaps is found, so that it gets a dot', () => {
  expect(lonely([7])).toEqual([0]);
  expect(lonely([null, 1, null, 2, 3, null, 0])).toEqual([1, 6]);
  expect(lonely([1, 2, 3])).toBeNull();
  expect(lonely([])).toBeNull();
});

it('a chart of a single value draws a dot', () => {
  const props = { ...base, series: [line('a', [null, 4])] };
  const options = chartOptions(
    () => props,
    { width: 100, height: 100 },
    () => '#000',
  );
  const filter = options.series[1]?.points?.filter;
  const plot = { data: chartData(props) } as unknown as uPlot;
  expect(typeof filter === 'function' && filter(plot, 1, false)).toEqual([1]);
});
