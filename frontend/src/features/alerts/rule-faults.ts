import type { Faults, RuleValues } from './rule-values';

// Where the API says that something is wrong, and the field that a person mends it in.
const PLACES: readonly (readonly [RegExp, keyof RuleValues])[] = [
  [/\/metric$/, 'metric'],
  [/\/labels(\/|$)/, 'labels'],
  [/\/unit$/, 'unit'],
  [/\/raise_level$|\/level$/, 'raise_level'],
  [/\/clear_level$|\/(threshold|rate_of_change)$/, 'clear_level'],
  [/\/window_seconds$/, 'window_minutes'],
  [/\/per_seconds$/, 'per_minutes'],
  [/\/after_seconds$/, 'after_minutes'],
  [/\/within_seconds$/, 'within_hours'],
  [/\/alert_type$/, 'alert_type'],
  [/\/scope\/servers/, 'servers'],
  [/\/scope\/groups/, 'groups'],
  [/\/scope\//, 'tags'],
  [/\/name$/, 'name'],
  [/\/for_seconds$/, 'for_minutes'],
];
const PART = /\/parts\/(\d+)\//;

export function fieldErrors(faults: readonly { pointer: string; detail: string }[]): Faults {
  const found: Faults = {};
  for (const { pointer, detail } of faults) {
    const place = PLACES.find(([pattern]) => pattern.test(pointer));
    if (!place) continue;
    const part = PART.exec(pointer)?.[1];
    const name = part === undefined ? place[1] : `parts.${part}.${place[1]}`;
    found[name] = detail.replace(/^Value error, /, '');
  }
  return found;
}
