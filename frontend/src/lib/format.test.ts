import { describe, expect, it } from 'vitest';
import {
  formatByteRate,
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatRelative,
  formatUnit,
  plural,
  threeDigits,
} from './format';

describe('numbers', () => {
  it('have three digits', () => {
    expect([0, 0.001234, 1.234, 12.34, 123.4, 1234.5].map(threeDigits)).toEqual([
      '0',
      '0.00123',
      '1.23',
      '12.3',
      '123',
      '1235',
    ]);
  });

  it('never show a thousand of a smaller unit', () => {
    expect(formatBytes(1023.9 * 1024)).toBe('1 MiB');
    expect(formatCount(999_600)).toBe('1 M');
  });

  it('show bytes in binary units and rates per second', () => {
    expect(formatBytes(0)).toBe('0 B');
    expect(formatBytes(16_514_043_904)).toBe('15.4 GiB');
    expect(formatByteRate(1_234_567)).toBe('1.18 MiB/s');
  });

  it('show what is not known as a dash and never as zero', () => {
    expect([
      formatBytes(null),
      formatPercent(undefined),
      formatUnit(Number.NaN, 'celsius'),
    ]).toEqual(['–', '–', '–']);
  });

  it('show fractions as percent', () => {
    expect([0.5, 0.001, 0.9999, 1].map(formatPercent)).toEqual(['50 %', '0.1 %', '100 %', '100 %']);
  });
});

describe('times', () => {
  it('name the two units that matter', () => {
    expect([0, 0.08, 5.25, 59, 61, 3_600, 90_061, 864_000 * 2].map(formatDuration)).toEqual([
      '0 s',
      '80 ms',
      '5.25 s',
      '59 s',
      '1 min 1 s',
      '1 h',
      '1 d 1 h',
      '20 d',
    ]);
  });

  it('are relative to now, before and after', () => {
    const now = new Date('2026-01-01T12:00:00Z');
    const at = (seconds: number) => formatRelative(new Date(now.getTime() + seconds * 1000), now);
    expect([at(-2), at(-30), at(-240), at(-90_000), at(259_300)]).toEqual([
      'just now',
      '30 s ago',
      '4 min ago',
      '1 d ago',
      'in 3 d',
    ]);
  });
});

it('counts in words', () => {
  expect([plural(1, 'server'), plural(2, 'server'), plural(0, 'entry', 'entries')]).toEqual([
    '1 server',
    '2 servers',
    '0 entries',
  ]);
});
