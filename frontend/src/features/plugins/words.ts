// What the API says of plugins in one word, for people; and how their values are shown.
import { formatBytes, formatDuration, formatPercent, NOT_KNOWN, type Unit } from '@/lib/format';
import type { State } from '@/lib/states';
import type { Alert, Card, Instance, Plugin } from './api';

export const CATEGORIES: Record<string, string> = {
  check: 'Checks',
  network: 'Network',
  power: 'Power',
  virtualisation: 'Virtualisation',
  home: 'Home',
  backup: 'Backup',
  monitoring: 'Monitoring',
  notification: 'Notification',
  other: 'Others',
};

export const SOURCES: Record<string, string> = {
  built_in: 'comes with Unity',
  package: 'installed package',
  file: 'single file',
};

export const STATE_WORDS: Record<string, string> = {
  new: 'not run yet',
  ok: 'OK',
  failing: 'failing',
  broken: 'plugin at fault',
  off: 'switched off',
};

const STATES: Record<string, State> = { ok: 'ok', failing: 'critical', broken: 'critical' };

export interface Standing {
  state: State;
  word: string;
  reason: string;
}

/** How it stands: trouble of its own first, then the worst of what it found. */
export function standingOf(
  instance: Pick<Instance, 'id' | 'state' | 'problem'>,
  alerts: readonly Alert[],
): Standing {
  const own: Standing = {
    state: STATES[instance.state] ?? 'unknown',
    word: STATE_WORDS[instance.state] ?? instance.state,
    reason: instance.problem,
  };
  if (instance.state !== 'ok') return own;
  const found = alerts.filter(({ resource_id }) => resource_id === instance.id);
  const worst =
    found.find(({ severity }) => severity === 'critical') ??
    found.find(({ severity }) => severity === 'warning');
  if (!worst) return own;
  const state = worst.severity === 'critical' ? 'critical' : 'warning';
  return { state, word: state, reason: worst.title };
}

export const KIND_WORDS: Record<string, string> = {
  ok: 'done',
  not_reachable: 'not reachable',
  login_refused: 'login refused',
  misconfigured: 'wrongly entered',
  unsupported: 'not understood',
  failed: 'failed',
  broken: 'cannot be loaded',
  crashed: 'crashed',
  timed_out: 'timed out',
  too_much_memory: 'took too much memory',
  garbage: 'returned nonsense',
};
export const kindInWords = (kind: string) => KIND_WORDS[kind] ?? kind.replaceAll('_', ' ');

export const isUsable = ({ state }: Pick<Plugin, 'state'>) => state === 'ready';

// How a plugin writes a unit, and how charts call it; what is missing here is shown as it stands.
const UNITS: Record<string, Unit> = { s: 'seconds', bytes: 'bytes', celsius: 'celsius' };

export interface Scale {
  unit: Unit;
  factor: number;
  /** What the title has to say, since the axis does not. */
  note: string;
}

export function scaleOf(unit: string, kind: string): Scale {
  const isRate = kind === 'counter';
  if (unit === 'percent') return { unit: 'fraction', factor: 0.01, note: '' };
  if (unit === 'bytes' && isRate) return { unit: 'bytes_per_second', factor: 1, note: '' };
  const known = UNITS[unit];
  if (known && !isRate) return { unit: known, factor: 1, note: '' };
  return { unit: isRate ? 'per_second' : 'count', factor: 1, note: unit };
}

type Value = Card['value'];

/** A cell or card as text; times are shown by their own component. */
export function valueInWords(value: Value | undefined, kind: string, unit: string): string {
  if (value === null || value === undefined || value === '') return NOT_KNOWN;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (kind === 'bytes') return formatBytes(value);
  if (kind === 'percent') return formatPercent(value / 100);
  if (kind === 'seconds') return formatDuration(value);
  const digits = Number.isInteger(value) ? 0 : 2;
  const words = value.toLocaleString(undefined, { maximumFractionDigits: digits });
  return unit ? `${words} ${unit}` : words;
}
