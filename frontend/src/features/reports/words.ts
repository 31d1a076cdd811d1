import type { HealthReport } from './api';

// Monday is 0, as the server has it.
export const WEEKDAYS = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
] as const;

/** "Every Monday at 07:00, Europe/Berlin" */
export function rhythm({ weekday, clock, zone }: HealthReport): string {
  return `Every ${WEEKDAYS[weekday] ?? 'week'} at ${clock}${zone === '' ? '' : `, ${zone}`}`;
}

export function exact(text: string): string {
  return new Date(text).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
