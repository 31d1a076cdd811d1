import { describe, expect, it } from 'vitest';
import { linesOf, movedOnto, tellingLabels, totalsOf, unitOf, type Answer } from './lines';

const line = (resource: string, labels: Record<string, string>, avg: (number | null)[]) => ({
  resource,
  labels,
  kind: 'gauge',
  unit: '',
  min: avg,
  avg,
  max: avg,
});
const answer = (times: number[], ...series: Answer['series']): Answer => ({
  step: 60,
  tier: 'raw',
  times,
  series,
});

describe('units', () => {
  const of = (metric: string, unit: string, kind = 'gauge') => unitOf({ metric, unit, kind });

  it('are the stored ones, scaled to what the page counts in', () => {
    expect(of('x', 'percent')).toEqual(['fraction', 0.01]);
    expect(of('x', 'ms')).toEqual(['seconds', 0.001]);
    expect(of('x', 'bytes', 'rate')).toEqual(['bytes_per_second', 1]);
  });

  it('are read from the name where none is stored', () => {
    expect(of('node_cpu_seconds_total', '', 'rate')).toEqual(['fraction', 1]);
    expect(of('node_memory_MemTotal_bytes', '')).toEqual(['bytes', 1]);
    expect(of('node_load1', '')).toEqual(['count', 1]);
  });
});

describe('lines', () => {
  const names = new Map([
    ['a', 'nas'],
    ['b', 'pi'],
  ]);

  it('are called by what tells them apart', () => {
    const disks = answer(
      [0],
      line('a', { device: 'sda', job: 'x' }, [1]),
      line('a', { device: 'sdb', job: 'x' }, [2]),
    );

    expect(tellingLabels(disks)).toEqual(['device']);
    expect(linesOf(disks, names, 1).map(({ label }) => label)).toEqual(['sda', 'sdb']);
    const both = answer([0], line('a', {}, [1]), line('b', {}, [2]));
    expect(linesOf(both, names, 1, ', before').map(({ label }) => label)).toEqual([
      'nas, before',
      'pi, before',
    ]);
  });

  it('of an older time stand above the newer ones, with gaps where there is nothing', () => {
    const older = answer([0, 60], line('a', {}, [5, 6]));

    expect(movedOnto([3600, 3660, 3720], older, 3600).series[0]?.avg).toEqual([5, 6, null]);
  });

  it('have totals that leave gaps out', () => {
    expect(totalsOf([{ label: 'x', values: [1, null, 3] }])).toEqual([
      { label: 'x', least: 1, mean: 2, greatest: 3, latest: 3 },
    ]);
    expect(totalsOf([{ label: 'x', values: [null] }])[0]?.mean).toBeNull();
  });
});
