// The ranges every chart offers. A range slides with the clock; a zoom stands still.
export const RANGES = [
  { value: '15m', label: '15 min', name: 'the last 15 minutes', seconds: 900 },
  { value: '1h', label: '1 h', name: 'the last hour', seconds: 3_600 },
  { value: '6h', label: '6 h', name: 'the last 6 hours', seconds: 21_600 },
  { value: '24h', label: '24 h', name: 'the last 24 hours', seconds: 86_400 },
  { value: '7d', label: '7 d', name: 'the last 7 days', seconds: 604_800 },
  { value: '30d', label: '30 d', name: 'the last 30 days', seconds: 2_592_000 },
  { value: '90d', label: '90 d', name: 'the last 90 days', seconds: 7_776_000 },
  { value: '1y', label: '1 y', name: 'the last year', seconds: 31_536_000 },
] as const;

export type RangeName = (typeof RANGES)[number]['value'];
export const RANGE_NAMES = RANGES.map((range) => range.value) as [RangeName, ...RangeName[]];

/** What stands in the URL: a sliding range, or from and to (Unix seconds) after a zoom. */
export interface TimeRange {
  range?: RangeName;
  from?: number;
  to?: number;
}

export function rangeSeconds(name: RangeName): number {
  return RANGES.find((range) => range.value === name)?.seconds ?? 3_600;
}

export function isZoomed(range: TimeRange): range is Required<Pick<TimeRange, 'from' | 'to'>> {
  return range.from !== undefined && range.to !== undefined;
}

export function resolveRange(range: TimeRange, nowSeconds: number): { from: number; to: number } {
  if (isZoomed(range)) return { from: range.from, to: range.to };
  return { from: nowSeconds - rangeSeconds(range.range ?? '1h'), to: nowSeconds };
}

/** How often a chart of this range has something new to show. */
export function refreshSeconds(range: TimeRange): number | false {
  if (isZoomed(range)) return false;
  const seconds = rangeSeconds(range.range ?? '1h');
  if (seconds <= 3_600) return 10;
  return seconds <= 86_400 ? 60 : 300;
}
