import { expect, it } from 'vitest';
import { cpuSeries, greatestFirst, type MetricAnswer } from './charts';
import { onSameTimes } from './same-times';

const line = (labels: Record<string, string>, avg: (number | null)[]) => ({
  resource: 'r',
  labels,
  kind: 'rate',
  unit: '',
  min: avg,
  avg,
  max: avg,
});
const answer = (times: number[], ...series: MetricAnswer['series']): MetricAnswer => ({
  step: 10,
  tier: 'raw',
  times,
  series,
});

it('the processor is shown as shares of all its time, with gaps as gaps', () => {
  const series = cpuSeries(
    answer(
      [0, 10],
      line({ mode: 'user' }, [1, null]),
      line({ mode: 'system' }, [0.5, 0.5]),
      line({ mode: 'idle' }, [2.5, 1]),
      line({ mode: 'steal' }, [0, 0]),
    ),
  );
  expect(series.map(({ label }) => label)).toEqual(['user', 'system', 'waiting for disks']);
  expect(series[0]?.values).toEqual([0.25, null]);
});

it('nothing measured is no chart', () => {
  expect(cpuSeries(answer([]))).toEqual([]);
});

it('answers with other times are brought onto the same ones', () => {
  const same = onSameTimes([
    answer([0, 10, 20], line({}, [1, 2, 3])),
    answer([10, 20, 30], line({}, [4, 5, 6])),
  ]);
  expect(same.times).toEqual([0, 10, 20]);
  expect(same.answers[1]?.series[0]?.avg).toEqual([null, 4, 5]);
});

it('the greatest series come first', () => {
  const found = greatestFirst([
    { label: 'small', values: [1, null] },
    { label: 'great', values: [5, 5] },
  ]);
  expect(found.map(({ label }) => label)).toEqual(['great', 'small']);
});
