// Numbers as people read them: three digits, a unit, and never a false zero.

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;
const DECIMAL = ['', ' k', ' M', ' G', ' T'] as const;
export const NOT_KNOWN = '–';

type Maybe = number | null | undefined;
const isNumber = (value: Maybe): value is number => value != null && Number.isFinite(value);

/** Three significant digits without an exponent: 0.00123, 1.23, 12.3, 123, 1234. */
export function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 100) return value.toFixed(0);
  return String(Number(value.toPrecision(3)));
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let size = value;
  let step = 0;
  // 999.5 would be shown as 1000, so it moves on to the next unit.
  while (Math.abs(size) >= Math.min(base, 999.5) && step < units.length - 1) {
    size /= base;
    step += 1;
  }
  return threeDigits(size) + (units[step] ?? '');
}

export function formatBytes(value: Maybe): string {
  return isNumber(value)
    ? scaled(
        value,
        1024,
        BINARY.map((unit) => ` ${unit}`),
      )
    : NOT_KNOWN;
}

export function formatByteRate(value: Maybe): string {
  return isNumber(value) ? `${formatBytes(value)}/s` : NOT_KNOWN;
}

export function formatCount(value: Maybe): string {
  return isNumber(value) ? scaled(value, 1000, DECIMAL) : NOT_KNOWN;
}

/** A fraction between 0 and 1 as percent. */
export function formatPercent(fraction: Maybe): string {
  return isNumber(fraction) ? `${threeDigits(fraction * 100)} %` : NOT_KNOWN;
}

const STEPS: readonly (readonly [string, number])[] = [
  ['y', 365 * 86_400],
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
];

/** The two largest units that matter: "3 d 4 h", "12 min", "1.25 s", "80 ms". */
export function formatDuration(seconds: Maybe): string {
  if (!isNumber(seconds)) return NOT_KNOWN;
  const size = Math.abs(seconds);
  if (size === 0) return '0 s';
  if (size < 0.001) return `${threeDigits(seconds * 1e6)} µs`;
  if (size < 1) return `${threeDigits(seconds * 1e3)} ms`;
  if (size < 10) return `${threeDigits(seconds)} s`;
  const first = STEPS.findIndex(([, length]) => size >= length);
  const [unit, length] = STEPS[first] ?? ['s', 1];
  const next = STEPS[first + 1];
  const whole = Math.floor(size / length);
  const rest = next ? Math.floor((size - whole * length) / next[1]) : 0;
  const sign = seconds < 0 ? '-' : '';
  return `${sign}${whole} ${unit}` + (next && rest > 0 && whole < 10 ? ` ${rest} ${next[0]}` : '');
}

/** "just now", "4 min ago", "in 3 d". */
export function formatRelative(at: Date, now: Date): string {
  const seconds = (now.getTime() - at.getTime()) / 1000;
  if (Math.abs(seconds) < 5) return 'just now';
  const span = Math.floor(Math.abs(seconds));
  const [unit, length] = STEPS.find(([, size]) => span >= size) ?? ['s', 1];
  const words = `${Math.floor(span / length)} ${unit}`;
  return seconds > 0 ? `${words} ago` : `in ${words}`;
}

export function formatExact(at: Date): string {
  return at.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' });
}

export type Unit =
  | 'bytes'
  | 'bytes_per_second'
  | 'fraction'
  | 'celsius'
  | 'seconds'
  | 'count'
  | 'per_second'
  | 'rpm';

const FORMATS: Record<Unit, (value: Maybe) => string> = {
  bytes: formatBytes,
  bytes_per_second: formatByteRate,
  fraction: formatPercent,
  seconds: formatDuration,
  count: formatCount,
  celsius: (value) => (isNumber(value) ? `${threeDigits(value)} °C` : NOT_KNOWN),
  per_second: (value) => (isNumber(value) ? `${formatCount(value)}/s` : NOT_KNOWN),
  rpm: (value) => (isNumber(value) ? `${threeDigits(value)} rpm` : NOT_KNOWN),
};

export function formatUnit(value: Maybe, unit: Unit): string {
  return FORMATS[unit](value);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
