// What forms of notifications begin with, and hours in words.
import type { Hours, RoutePlan, RouteWrite } from './api';

/** A plan that tells these channels, with what the API takes for granted. */
export const PLAN: Required<RoutePlan> = {
  channels: [],
  group_by: 'server',
  group_wait_seconds: 10,
  group_interval_seconds: 300,
  repeat_minutes: 0,
  escalate_after_minutes: 0,
  escalate_to: [],
  quiet: [],
  quiet_lets_through: ['critical'],
  digest: 'off',
  digest_at: '08:00',
  digest_day: 0,
  zone: '',
  sends_resolved: true,
};

export const MATCH: Required<NonNullable<RouteWrite['match']>> = {
  severities: [],
  domains: [],
  types: [],
  tags: [],
  groups: [],
  servers: [],
  hours: [],
  zone: '',
};

export const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Hours in words: "Mon–Fri 22:00–07:00". */
export function hoursInWords({ days = [], begin, end }: Hours): string {
  const sorted = [...days].sort((one, other) => one - other);
  const first = sorted[0] ?? 0;
  const isRow = sorted.every((day, index) => day === first + index);
  const last = sorted.at(-1) ?? 0;
  const words =
    sorted.length === 7 || sorted.length === 0
      ? 'every day'
      : isRow && sorted.length > 2
        ? `${DAYS[first]}–${DAYS[last]}`
        : sorted.map((day) => DAYS[day]).join(', ');
  return `${words} ${begin}–${end}`;
}
