// What stands in a generated form, and what is sent of it.
import type { Channel, ChannelWrite, FormField, Hours, RoutePlan, RouteWrite } from './api';

export type FieldValue = string | number | boolean | string[];
export type FieldValues = Record<string, FieldValue>;

function defaultOf({ default: value, kind }: FormField): FieldValue {
  if (value !== null) return value;
  if (kind === 'boolean') return false;
  return kind === 'array' ? [] : '';
}

function isFieldValue(value: unknown): value is FieldValue {
  return (
    ['string', 'number', 'boolean'].includes(typeof value) ||
    (Array.isArray(value) && value.every((one) => typeof one === 'string'))
  );
}

/** The values of a form: what is kept, else the defaults; secrets begin empty. */
export function valuesOf(fields: readonly FormField[], channel: Channel | null): FieldValues {
  return Object.fromEntries(
    fields.map((field) => {
      const kept: unknown = channel?.settings[field.name];
      return [field.name, field.is_secret ? '' : isFieldValue(kept) ? kept : defaultOf(field)];
    }),
  );
}

const isEmpty = (value: FieldValue) => value === '' || (Array.isArray(value) && value.length === 0);

const tidy = (value: FieldValue) =>
  Array.isArray(value) ? value.map((one) => one.trim()).filter(Boolean) : value;

/** Splits the values into settings and secrets; what is empty or as the default is left out. */
export function splitValues(
  fields: readonly FormField[],
  values: FieldValues,
): Pick<ChannelWrite, 'settings' | 'secrets'> {
  const settings: Record<string, FieldValue> = {};
  const secrets: Record<string, string> = {};
  for (const field of fields) {
    const value = tidy(values[field.name] ?? '');
    if (isEmpty(value)) continue;
    if (field.is_secret) secrets[field.name] = String(value);
    else if (!field.is_advanced || value !== field.default) settings[field.name] = value;
  }
  return { settings, secrets };
}

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
