import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import { formatBytes, NOT_KNOWN, threeDigits } from '@/lib/format';
import type { TableState } from '@/lib/search';
import type { State } from '@/lib/states';

type Schemas = components['schemas'];
export type Forecast = Schemas['ForecastRead'];
export type ForecastDetail = Schemas['ForecastDetail'];
export type DriveRisk = Schemas['RiskRead'];
export type ForecastKind = Forecast['kind'];

export const PER_PAGE = 100;
// Forecasts are made once an hour.
const REFRESH_MS = 300_000;
const DAY_MS = 86_400_000;

export const KINDS: Record<ForecastKind, string> = {
  filesystem: 'File system',
  inodes: 'Inodes',
  pool: 'Pool',
  thin_data: 'Thin pool',
  thin_metadata: 'Thin pool metadata',
  database: 'Database',
  wear: 'Drive wear',
};

const isKind = (text: unknown): text is ForecastKind => typeof text === 'string' && text in KINDS;

/** What is used up, as people call it. */
export function nameOf({ kind, subject, resource_name }: Forecast): string {
  return kind === 'wear' || kind === 'database' ? resource_name : subject || resource_name;
}

/** A value in the forecast's own unit. */
export function shown(value: number | null, unit: string): string {
  if (value === null) return NOT_KNOWN;
  if (unit === 'bytes') return formatBytes(value);
  const fine = Math.abs(value) >= 10 ? value.toFixed(0) : threeDigits(Number(value.toFixed(2)));
  return unit === 'percent' ? `${fine} %` : `${fine} ${unit}`.trim();
}

export function daysUntil(at: string | null, now: Date): number | null {
  return at === null ? null : (new Date(at).getTime() - now.getTime()) / DAY_MS;
}

/** "5 days", "3 weeks", "14 months": as exact as a forecast is. */
export function inWords(days: number): string {
  const whole = Math.max(0, days);
  if (whole < 1) return whole * 24 < 1.5 ? 'an hour' : `${Math.round(whole * 24)} hours`;
  if (whole < 1.5) return 'a day';
  if (whole < 21) return `${Math.round(whole)} days`;
  if (whole < 70) return `${Math.round(whole / 7)} weeks`;
  return whole < 730 ? `${Math.round(whole / 30.4)} months` : `${Math.round(whole / 365)} years`;
}

/** "8 to 13 days": between the fastest and the slowest growth that fits. */
export function rangeInWords(forecast: Forecast, now: Date): string {
  const early = daysUntil(forecast.earliest_at, now);
  const late = daysUntil(forecast.latest_at, now);
  if (early === null) return '';
  if (late === null) return `not before ${inWords(early)}`;
  const [from, to] = [inWords(early), inWords(late)];
  if (from === to) return from;
  const unit = to.slice(to.lastIndexOf(' '));
  return `${from.endsWith(unit) ? from.slice(0, -unit.length) : from} to ${to}`;
}

// Two weeks are time to order a drive; a drive that wears out can be planned for longer.
export function stateOf(forecast: Forecast, now: Date): State {
  const days = daysUntil(forecast.full_at, now);
  if (days === null) return 'unknown';
  const scale = forecast.kind === 'wear' ? 6 : 1;
  if (days <= 3 * scale) return 'critical';
  return days <= 14 * scale ? 'warning' : 'ok';
}

export const forecastsQuery = (search: TableState) => {
  const query = {
    page: search.page ?? 1,
    per_page: PER_PAGE,
    sort: search.sort ?? '',
    q: search.q ?? '',
    kind: isKind(search.kind) ? search.kind : undefined,
    dated: search.dated === undefined ? undefined : search.dated === 'yes',
  };
  return queryOptions({
    queryKey: ['forecasts', 'list', query],
    queryFn: () => dataOf(api.GET('/api/infrastructure/forecasts', { params: { query } })),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
};

/** What will be used up of one server and of what hangs on it. */
export const aheadQuery = (server_id: string) => {
  const query = { server_id, dated: true, per_page: 50 };
  return queryOptions({
    queryKey: ['forecasts', 'ahead', server_id],
    queryFn: () => dataOf(api.GET('/api/infrastructure/forecasts', { params: { query } })),
    refetchInterval: REFRESH_MS,
  });
};

export const forecastQuery = (forecast_id: string) =>
  queryOptions({
    queryKey: ['forecasts', 'one', forecast_id],
    queryFn: () =>
      dataOf(
        api.GET('/api/infrastructure/forecasts/{forecast_id}', {
          params: { path: { forecast_id } },
        }),
      ),
    refetchInterval: REFRESH_MS,
  });

export const risksQuery = (search: TableState) => {
  const query = { page: search.page ?? 1, per_page: PER_PAGE, q: search.q ?? '' };
  return queryOptions({
    queryKey: ['forecasts', 'risks', query],
    queryFn: () => dataOf(api.GET('/api/infrastructure/forecasts/drives', { params: { query } })),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
};
