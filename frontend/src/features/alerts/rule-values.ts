// Between a rule as the API has it and the fields of its form.
import type { Rule, RuleWish } from './api';
import {
  conditionOf,
  conditionValues,
  EMPTY_CONDITION,
  labelsOf,
  labelsText,
  level,
  minutes,
  number,
  seconds,
  type ConditionValues,
  type Definition,
  type PartValues,
} from './condition-values';

export type Kind = Definition['type'];
type Override = Rule['overrides'][number];

export interface OverrideValues {
  labels: string;
  raise_level: number | '';
  clear_level: number | '';
  is_ignored: boolean;
  servers: string[];
  /** Empty: that of the rule. */
  severity: Override['severity'] | '';
  for_minutes: number | '';
}

export interface RuleValues extends ConditionValues {
  name: string;
  severity: Rule['severity'];
  kind: Kind;
  within_hours: number | '';
  alert_type: string;
  join: 'all' | 'any';
  parts: PartValues[];
  for_minutes: number | '';
  clear_minutes: number | '';
  cooldown_minutes: number | '';
  servers: string[];
  groups: string[];
  tags: string[];
  overrides: OverrideValues[];
  title: string;
  over: string;
  message: string;
  fix: string;
  runbook: string;
}

/** The fields by the names that the form knows them by; those of a part as `parts.0.metric`. */
export type Faults = Record<string, string>;

export const NEW_PART: PartValues = { ...EMPTY_CONDITION, kind: 'threshold' };
export const FEWEST_PARTS = 2;
export const MOST_PARTS = 8;

const EMPTY: RuleValues = {
  ...EMPTY_CONDITION,
  name: '',
  severity: 'warning',
  kind: 'threshold',
  within_hours: 24,
  alert_type: '',
  join: 'all',
  parts: [NEW_PART, NEW_PART],
  for_minutes: 0,
  clear_minutes: 0,
  cooldown_minutes: 0,
  servers: [],
  groups: [],
  tags: [],
  overrides: [],
  title: '',
  over: '',
  message: '',
  fix: '',
  runbook: '',
};

function definitionValues(definition: Definition): Partial<RuleValues> {
  const kind = definition.type;
  switch (definition.type) {
    case 'composite':
      return {
        kind,
        join: definition.join ?? 'all',
        parts: definition.parts.map((part) => ({ ...conditionValues(part), kind: part.type })),
      };
    case 'state':
      return { kind, alert_type: definition.alert_type };
    case 'forecast':
      return {
        kind,
        metric: definition.metric,
        labels: labelsText(definition.labels),
        raise_level: definition.level,
        unit: definition.unit ?? '',
        within_hours: definition.within_seconds / 3600,
        window_minutes: minutes(definition.window_seconds),
      };
    case 'threshold':
    case 'rate_of_change':
    case 'absence':
      return { kind, ...conditionValues(definition) };
  }
}

export function valuesOf(rule: Rule | null): RuleValues {
  if (rule === null) return EMPTY;
  return {
    ...EMPTY,
    ...(rule.definition === null ? {} : definitionValues(rule.definition)),
    name: rule.name,
    severity: rule.severity,
    for_minutes: minutes(rule.for_seconds),
    clear_minutes: minutes(rule.clear_seconds),
    cooldown_minutes: minutes(rule.cooldown_seconds),
    servers: rule.scope.servers ?? [],
    groups: rule.scope.groups ?? [],
    tags: rule.scope.tags ?? [],
    overrides: rule.overrides.map((one) => ({
      labels: labelsText(one.labels),
      raise_level: level(one.raise_level),
      clear_level: level(one.clear_level),
      is_ignored: one.is_ignored ?? false,
      servers: one.servers ?? [],
      severity: one.severity ?? '',
      for_minutes:
        one.for_seconds === null || one.for_seconds === undefined ? '' : minutes(one.for_seconds),
    })),
    title: rule.title,
    over: rule.over,
    message: rule.message,
    fix: rule.fix,
    runbook: rule.runbook,
  };
}

function definitionOf(values: RuleValues, before: Rule | null): Definition {
  switch (values.kind) {
    case 'composite':
      return {
        type: 'composite',
        join: values.join,
        parts: values.parts.map((part) => conditionOf(part.kind, part)),
      };
    case 'state':
      return { type: 'state', alert_type: values.alert_type.trim() };
    case 'forecast':
      return {
        type: 'forecast',
        metric: values.metric.trim(),
        labels: labelsOf(values.labels),
        level: number(values.raise_level) ?? 0,
        unit: values.unit.trim(),
        within_seconds: Math.round((values.within_hours === '' ? 0 : values.within_hours) * 3600),
        window_seconds: Math.max(seconds(values.window_minutes), 6 * 3600),
        least_confidence:
          before?.definition?.type === 'forecast'
            ? (before.definition.least_confidence ?? 0.7)
            : 0.7,
      };
    case 'threshold':
    case 'rate_of_change':
    case 'absence':
      return conditionOf(values.kind, values);
  }
}

/** Whether there is enough to try the rule out. */
export function isComplete(values: RuleValues): boolean {
  if (values.kind === 'state') return values.alert_type !== '';
  if (values.kind === 'composite') return values.parts.every(({ metric }) => metric !== '');
  return values.metric !== '';
}

/** What is saved; what the form does not show stays as it was. */
export function wishOf(values: RuleValues, before: Rule | null): RuleWish {
  const { name, severity, title, over, message, fix, runbook, servers, groups, tags } = values;
  return {
    ...{ name, severity, title, over, message, fix, runbook },
    domain: before?.domain ?? 'infrastructure',
    definition: definitionOf(values, before),
    scope: { servers, groups, tags },
    overrides: values.overrides.map((one) => ({
      servers: one.servers,
      severity: one.severity || null,
      for_seconds: one.for_minutes === '' ? null : seconds(one.for_minutes),
      labels: labelsOf(one.labels),
      raise_level: number(one.raise_level),
      clear_level: number(one.clear_level),
      is_ignored: one.is_ignored,
    })),
    for_seconds: seconds(values.for_minutes),
    clear_seconds: seconds(values.clear_minutes),
    cooldown_seconds: seconds(values.cooldown_minutes),
    for_samples: before?.for_samples ?? 1,
    flap_changes: before?.flap_changes ?? 5,
    flap_seconds: before?.flap_seconds ?? 3600,
    is_enabled: before?.is_enabled ?? true,
  };
}
