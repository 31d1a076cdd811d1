// What the charts of a server show: which metrics, and how they become lines. Pure, so it is tested alone.
import type { components } from '@/api/schema';
import type { ChartSeries } from '@/components/chart/types';
import type { Unit } from '@/lib/format';

export type MetricAnswer = components['schemas']['MetricAnswer'];
type MetricLine = components['schemas']['MetricLine'];
type Values = readonly (number | null)[];

export interface ChartDefinition {
  id: string;
  title: string;
  unit: Unit;
  metrics: readonly string[];
  /** The answers stand in the order of the metrics and share their times. */
  compose: (...answers: readonly MetricAnswer[]) => ChartSeries[];
  isStacked?: boolean;
  min?: number;
  max?: number;
  /** Left out where no series has anything in it: a machine without swap has no chart of it. */
  isOptional?: boolean;
}

function combine(parts: readonly Values[], of: (numbers: number[]) => number): (number | null)[] {
  const length = Math.max(0, ...parts.map((values) => values.length));
  return Array.from({ length }, (_, index) => {
    const numbers = parts.map((values) => values[index] ?? null);
    return numbers.includes(null) ? null : of(numbers.filter((value) => value !== null));
  });
}

const sum = (parts: readonly Values[]) =>
  combine(parts, (numbers) => numbers.reduce((total, value) => total + value, 0));
const ratio = (part: Values, whole: Values) =>
  combine([part, whole], ([a = 0, b = 0]) => (b > 0 ? a / b : 0));
const difference = (whole: Values, part: Values) =>
  combine([whole, part], ([a = 0, b = 0]) => a - b);
const isEver = (values: Values) => values.some((value) => value !== null && value > 0);
const first = (answer: MetricAnswer | undefined): Values => answer?.series[0]?.avg ?? [];

const CPU_PARTS: readonly { label: string; modes: string[]; isAlways?: boolean }[] = [
  { label: 'user', modes: ['user'], isAlways: true },
  { label: 'nice', modes: ['nice'] },
  { label: 'system', modes: ['system'], isAlways: true },
  { label: 'interrupts', modes: ['irq', 'softirq'] },
  { label: 'waiting for disks', modes: ['iowait'], isAlways: true },
  { label: 'taken by the host', modes: ['steal'] },
];

/** Each mode's share of all processor time. */
export function cpuSeries(answer: MetricAnswer | undefined): ChartSeries[] {
  const lines = answer?.series ?? [];
  if (lines.length === 0) return [];
  const all = sum(lines.map(({ avg }) => avg));
  return CPU_PARTS.flatMap(({ label, modes, isAlways = false }) => {
    const parts = lines.filter(({ labels }) => modes.includes(labels.mode ?? ''));
    const values = ratio(sum(parts.map(({ avg }) => avg)), all);
    return isAlways || isEver(values) ? [{ label, values }] : [];
  });
}

export function memorySeries(
  total: MetricAnswer | undefined,
  available: MetricAnswer | undefined,
  cached: MetricAnswer | undefined,
  buffers: MetricAnswer | undefined,
  free: MetricAnswer | undefined,
): ChartSeries[] {
  const used = difference(first(total), first(available));
  const cache = sum([first(cached), first(buffers)]);
  const rest = first(free);
  return [
    { label: 'used', values: used },
    { label: 'cache and buffers', values: cache },
    { label: 'free', values: rest },
  ].filter(({ values }) => values.length > 0);
}

/** One line for each series, named by its labels; the greatest first, so that the chart's six matter. */
function each(answer: MetricAnswer | undefined, name: (line: MetricLine) => string): ChartSeries[] {
  const isCoarse = (answer?.step ?? 0) >= 60;
  return (answer?.series ?? []).map((line) => ({
    label: name(line),
    values: line.avg,
    ...(isCoarse ? { min: line.min, max: line.max } : {}),
  }));
}

const mean = ({ values }: ChartSeries) =>
  values.reduce((total: number, value) => total + (value ?? 0), 0);

export const greatestFirst = (series: readonly ChartSeries[]) =>
  [...series].sort((a, b) => mean(b) - mean(a));

const device = ({ labels }: MetricLine) => labels.device ?? '';
const sensor = ({ labels }: MetricLine) =>
  [labels.chip, labels.label || labels.sensor].filter(Boolean).join(' ');

export const CHARTS: readonly ChartDefinition[] = [
  {
    id: 'cpu',
    title: 'Processor',
    unit: 'fraction',
    metrics: ['node_cpu_seconds_total'],
    compose: cpuSeries,
    isStacked: true,
    min: 0,
    max: 1,
  },
  {
    id: 'memory',
    title: 'Memory',
    unit: 'bytes',
    metrics: [
      'node_memory_MemTotal_bytes',
      'node_memory_MemAvailable_bytes',
      'node_memory_Cached_bytes',
      'node_memory_Buffers_bytes',
      'node_memory_MemFree_bytes',
    ],
    compose: memorySeries,
    isStacked: true,
    min: 0,
  },
  {
    id: 'load',
    title: 'Load: processes that run or wait',
    unit: 'count',
    metrics: ['node_load1', 'node_load5', 'node_load15'],
    compose: (...answers) =>
      answers.flatMap((answer, index) =>
        each(answer, () => `mean of ${['1', '5', '15'][index] ?? ''} min`).map((one) => ({
          label: one.label,
          values: one.values,
        })),
      ),
    min: 0,
  },
  {
    id: 'swap',
    title: 'Swap in use',
    unit: 'bytes',
    metrics: ['node_memory_SwapTotal_bytes', 'node_memory_SwapFree_bytes'],
    compose: (total, free) =>
      isEver(first(total))
        ? [{ label: 'used', values: difference(first(total), first(free)) }]
        : [],
    min: 0,
    isOptional: true,
  },
  {
    id: 'network',
    title: 'Network',
    unit: 'bytes_per_second',
    metrics: ['node_network_receive_bytes_total', 'node_network_transmit_bytes_total'],
    compose: (received, sent) => [
      ...each(received, (line) => `${device(line)} received`),
      ...each(sent, (line) => `${device(line)} sent`),
    ],
    min: 0,
  },
  {
    id: 'disk-io',
    title: 'Disks: read and written',
    unit: 'bytes_per_second',
    metrics: ['node_disk_read_bytes_total', 'node_disk_written_bytes_total'],
    compose: (read, written) => [
      ...each(read, (line) => `${device(line)} read`),
      ...each(written, (line) => `${device(line)} written`),
    ],
    min: 0,
  },
  {
    id: 'disk-busy',
    title: 'Disks: busy',
    unit: 'fraction',
    metrics: ['node_disk_io_time_seconds_total'],
    compose: (busy) => each(busy, device),
    min: 0,
    isOptional: true,
  },
  {
    id: 'space',
    title: 'Free space',
    unit: 'bytes',
    metrics: ['node_filesystem_avail_bytes'],
    compose: (available) => each(available, ({ labels }) => labels.mountpoint ?? ''),
    min: 0,
  },
  {
    id: 'temperature',
    title: 'Temperatures',
    unit: 'celsius',
    metrics: ['node_hwmon_temp_celsius'],
    compose: (temperature) => each(temperature, sensor),
    isOptional: true,
  },
  {
    id: 'fans',
    title: 'Fans',
    unit: 'rpm',
    metrics: ['node_hwmon_fan_rpm'],
    compose: (fans) => each(fans, sensor),
    min: 0,
    isOptional: true,
  },
  {
    id: 'network-trouble',
    title: 'Network: errors and dropped packets',
    unit: 'per_second',
    metrics: [
      'node_network_receive_errs_total',
      'node_network_receive_drop_total',
      'node_network_transmit_errs_total',
      'node_network_transmit_drop_total',
    ],
    compose: (...answers) =>
      answers
        .flatMap((answer, index) =>
          each(
            answer,
            (line) =>
              `${device(line)} ${['receive errors', 'receive drops', 'send errors', 'send drops'][index] ?? ''}`,
          ),
        )
        .filter(({ values }) => isEver(values)),
    min: 0,
    isOptional: true,
  },
];
