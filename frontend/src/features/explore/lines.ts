// From answers of the API to the lines of a chart. Pure, so it is tested alone.
import type { components } from '@/api/schema';
import type { ChartSeries } from '@/components/chart/types';
import type { Unit } from '@/lib/format';

type Schemas = components['schemas'];
export type Answer = Schemas['MetricAnswer'];
export type Metric = Schemas['MetricSummary'];
type Values = readonly (number | null)[];

export const BEFORE = [
  { value: 'day', label: 'The day before', seconds: 86_400 },
  { value: 'week', label: 'The week before', seconds: 604_800 },
  { value: 'month', label: '30 days before', seconds: 2_592_000 },
] as const;
export type Before = (typeof BEFORE)[number]['value'];

/** What the page counts in, and by how much the stored numbers are to be multiplied for that. */
export function unitOf({
  unit,
  kind,
  metric,
}: Pick<Metric, 'unit' | 'kind' | 'metric'>): [Unit, number] {
  const isRate = kind === 'rate';
  const word =
    unit || (metric.match(/_(bytes|celsius|seconds|percent|rpm)(?:_total)?$/)?.[1] ?? '');
  switch (word) {
    case 'bytes':
      return [isRate ? 'bytes_per_second' : 'bytes', 1];
    case 'percent':
      return ['fraction', 0.01];
    case 'celsius':
      return ['celsius', 1];
    case 'rpm':
      return ['rpm', 1];
    case 's':
    case 'seconds':
      // Seconds of each second are a share of the time.
      return isRate ? ['fraction', 1] : ['seconds', 1];
    case 'ms':
      return ['seconds', 0.001];
    case 'days':
      return ['seconds', 86_400];
    default:
      return [isRate || word === 'per second' ? 'per_second' : 'count', 1];
  }
}

/** The labels that tell lines of one resource apart: what is the same in all says nothing. */
export function tellingLabels(answer: Answer): string[] {
  const values = new Map<string, Set<string>>();
  for (const line of answer.series)
    for (const [name, value] of Object.entries(line.labels))
      values.set(name, (values.get(name) ?? new Set()).add(value));
  return [...values].filter(([, those]) => those.size > 1).map(([name]) => name);
}

export function linesOf(
  answer: Answer,
  names: ReadonlyMap<string, string>,
  factor: number,
  suffix = '',
): ChartSeries[] {
  const telling = tellingLabels(answer);
  const isAlone = new Set(answer.series.map((line) => line.resource)).size === 1;
  const scaled = (values: Values) =>
    values.map((value) => (value === null ? null : value * factor));
  return answer.series.map((line) => {
    const parts = telling.map((name) => line.labels[name]).filter(Boolean);
    const name = names.get(line.resource) ?? '';
    const words = isAlone && parts.length > 0 ? parts : [name, ...parts];
    return {
      label: words.join(' ') + suffix,
      values: scaled(line.avg),
      min: scaled(line.min),
      max: scaled(line.max),
    };
  });
}

/** Moves an older answer onto the times of a newer one, so that both stand above each other. */
export function movedOnto(times: readonly number[], older: Answer, seconds: number): Answer {
  const places = new Map(older.times.map((at, index) => [at + seconds, index]));
  const pick = (values: Values) =>
    times.map((at) => {
      const place = places.get(at);
      return place === undefined ? null : (values[place] ?? null);
    });
  return {
    ...older,
    times: [...times],
    series: older.series.map((line) => ({
      ...line,
      min: pick(line.min),
      avg: pick(line.avg),
      max: pick(line.max),
    })),
  };
}

export interface Totals {
  label: string;
  least: number | null;
  mean: number | null;
  greatest: number | null;
  latest: number | null;
}

export function totalsOf(series: readonly ChartSeries[]): Totals[] {
  return series.map(({ label, values, min = values, max = values }) => {
    const there = (all: Values) => all.filter((value) => value !== null);
    const means = there(values);
    const low = there(min);
    const high = there(max);
    return {
      label,
      least: low.length > 0 ? Math.min(...low) : null,
      mean: means.length > 0 ? means.reduce((sum, value) => sum + value, 0) / means.length : null,
      greatest: high.length > 0 ? Math.max(...high) : null,
      latest: means.at(-1) ?? null,
    };
  });
}
