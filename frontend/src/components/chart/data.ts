import type uPlot from 'uplot';
import type { ChartProps, ChartSeries } from './types';

export const MOST_SERIES = 6;

/** Running sums, so that each area stands on the one before; a gap in one is a gap in all above it. */
export function stack(series: readonly ChartSeries[]): (number | null)[][] {
  let below: (number | null)[] | undefined;
  return series.map(({ values }) => {
    const base = below;
    below = values.map((value, index) => {
      const under = base ? (base[index] ?? null) : 0;
      return value === null || under === null ? null : value + under;
    });
    return below;
  });
}

/** uPlot's columns: times, the lines, then for each series with a band its min and max. */
export function chartData({ times, series, isStacked }: ChartProps): uPlot.AlignedData {
  const shown = series.slice(0, MOST_SERIES);
  const lines = isStacked ? stack(shown) : shown.map(({ values }) => [...values]);
  const bands = isStacked
    ? []
    : shown.filter(hasBand).flatMap(({ min, max }) => [[...(min ?? [])], [...(max ?? [])]]);
  return [[...times], ...lines, ...bands];
}

export function hasBand({ min, max }: ChartSeries): boolean {
  return min !== undefined && max !== undefined;
}

/** The last known value of each series, for those who cannot see the lines. */
export function lastKnown(values: readonly (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null;
}

/** Where a value stands between gaps, so that no line leads to it or away; null when none does. */
export function lonely(values: ArrayLike<number | null | undefined>): number[] | null {
  const isKnown = (index: number) => (values[index] ?? null) !== null;
  const found = Array.from({ length: values.length }, (_, index) => index).filter(
    (index) => isKnown(index) && !isKnown(index - 1) && !isKnown(index + 1),
  );
  return found.length > 0 ? found : null;
}
