import type { RuleValues } from './rule-values';

// Where the API says that something is wrong, and the field that a person mends it in.
const PLACES: readonly (readonly [RegExp, keyof RuleValues])[] = [
  [/\/metric$/, 'metric'],
  [/\/unit$/, 'unit'],
  [/\/raise_level$|\/level$/, 'raise_level'],
  [/\/clear_level$|\/definition\/(threshold|rate_of_change)$/, 'clear_level'],
  [/\/window_seconds$/, 'window_minutes'],
  [/\/after_seconds$/, 'after_minutes'],
  [/\/within_seconds$/, 'within_hours'],
  [/\/alert_type$/, 'alert_type'],
  [/\/scope\//, 'tags'],
  [/\/name$/, 'name'],
  [/\/for_seconds$/, 'for_minutes'],
];

export function fieldErrors(
  faults: readonly { pointer: string; detail: string }[],
): Partial<Record<keyof RuleValues, string>> {
  const found: Partial<Record<keyof RuleValues, string>> = {};
  for (const { pointer, detail } of faults) {
    const place = PLACES.find(([pattern]) => pattern.test(pointer));
    if (place) found[place[1]] = detail.replace(/^Value error, /, '');
  }
  return found;
}
