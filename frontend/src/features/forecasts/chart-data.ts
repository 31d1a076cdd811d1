// The history and the line on one axis of time: uPlot wants one column of times for all series.
import type { ChartSeries } from '@/components/chart/types';
import type { ForecastDetail } from './api';

export interface ForecastPlot {
  times: number[];
  series: ChartSeries[];
  from: number;
  to: number;
}

/** Percent come as 0 to 100, and charts show fractions. */
export const divisorOf = (unit: string) => (unit === 'percent' ? 100 : 1);

export function plotOf(forecast: ForecastDetail): ForecastPlot {
  const divisor = divisorOf(forecast.unit);
  const measured = new Map(forecast.times.map((at, place) => [at, forecast.values[place] ?? null]));
  const line = new Map(forecast.line_times.map((at, place) => [at, place]));
  const times = [...new Set([...measured.keys(), ...line.keys()])].sort((a, b) => a - b);
  const last = forecast.times.at(-1) ?? 0;
  // Between two measured points a time of the line alone is no gap: the older value goes on.
  let known: number | null = null;
  const values = times.map((at) => {
    if (measured.has(at)) known = measured.get(at) ?? null;
    return at > last ? null : divided(known, divisor);
  });
  const along = (column: readonly number[]) => {
    const points = forecast.line_times.map((at, place): [number, number] => [
      at,
      (column[place] ?? 0) / divisor,
    ]);
    return times.map((at) => between(points, at));
  };
  const series: ChartSeries[] = [{ label: 'measured', values }];
  if (forecast.line.length > 0)
    series.push({
      label: 'if it goes on like this',
      values: along(forecast.line),
      min: along(forecast.band_low),
      max: along(forecast.band_high),
    });
  return { times, series, from: times[0] ?? 0, to: room(times) };
}

/** Where the axis ends: behind the last point is room for the word beside the date. */
function room(times: readonly number[]): number {
  const [first = 0, last = 1] = [times[0], times.at(-1)];
  return Math.round(last + (last - first) * 0.1);
}

function divided(value: number | null, divisor: number): number | null {
  return value === null ? null : value / divisor;
}

/** The line at a time, straight between its points; null where it does not reach. */
function between(points: readonly [number, number][], at: number): number | null {
  const next = points.findIndex(([time]) => time >= at);
  const after = points[next];
  if (after === undefined) return null;
  const before = points[next - 1];
  if (after[0] === at) return after[1];
  if (before === undefined) return null;
  return before[1] + ((after[1] - before[1]) * (at - before[0])) / (after[0] - before[0]);
}
