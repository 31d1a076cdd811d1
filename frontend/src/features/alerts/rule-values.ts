// Between a rule as the API has it and the fields of its form.
import type { Rule, RuleWish } from './api';

type Definition = Rule['definition'];
type Labels = NonNullable<Extract<Definition, { type: 'threshold' }>['labels']>;
export type Kind = Definition['type'];

export interface OverrideValues {
  labels: string;
  raise_level: number | '';
  clear_level: number | '';
  is_ignored: boolean;
}

export interface RuleValues {
  name: string;
  severity: Rule['severity'];
  kind: Kind;
  metric: string;
  labels: string;
  operator: '>' | '>=' | '<' | '<=' | '==' | '!=';
  raise_level: number | '';
  clear_level: number | '';
  unit: string;
  aggregation: 'last' | 'avg' | 'min' | 'max';
  window_minutes: number | '';
  per_minutes: number | '';
  after_minutes: number | '';
  within_hours: number | '';
  alert_type: string;
  for_minutes: number | '';
  clear_minutes: number | '';
  cooldown_minutes: number | '';
  tags: string;
  overrides: OverrideValues[];
  title: string;
  over: string;
  message: string;
  fix: string;
  runbook: string;
}

const COMPARED = { is: '=', is_not: '!=', like: '~', not_like: '!~' } as const;

/** Labels as one line: mode=busy, device~sd*. */
export function labelsText(labels: Labels | undefined): string {
  return (labels ?? [])
    .map(({ label, match, value }) => `${label}${COMPARED[match ?? 'is']}${value}`)
    .join(', ');
}

export function labelsOf(text: string): Labels {
  return text
    .split(/, ?/)
    .map((piece) => /^\s*([^=~!]+)(!=|!~|=|~)(.*)$/.exec(piece))
    .flatMap((found) => {
      if (found === null) return [];
      const [, label = '', sign, value = ''] = found;
      const match = (['is', 'is_not', 'like', 'not_like'] as const).find(
        (one) => COMPARED[one] === sign,
      );
      return [{ label: label.trim(), match: match ?? 'is', value: value.trim() }];
    });
}

const minutes = (seconds: number | undefined) => (seconds ?? 0) / 60;
const seconds = (value: number | '') => Math.round((value === '' ? 0 : value) * 60);
const level = (value: number | null | undefined) => value ?? '';

const EMPTY: RuleValues = {
  name: '',
  severity: 'warning',
  kind: 'threshold',
  metric: '',
  labels: '',
  operator: '>',
  raise_level: '',
  clear_level: '',
  unit: '',
  aggregation: 'last',
  window_minutes: 10,
  per_minutes: 60,
  after_minutes: 15,
  within_hours: 24,
  alert_type: '',
  for_minutes: 0,
  clear_minutes: 0,
  cooldown_minutes: 0,
  tags: '',
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
      return { kind };
    case 'state':
      return { kind, alert_type: definition.alert_type };
    case 'absence':
      return {
        kind,
        metric: definition.metric,
        labels: labelsText(definition.labels),
        after_minutes: minutes(definition.after_seconds),
      };
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
      return {
        kind,
        metric: definition.metric,
        labels: labelsText(definition.labels),
        operator: definition.operator ?? '>',
        raise_level: definition.raise_level,
        clear_level: level(definition.clear_level),
        unit: definition.unit ?? '',
        window_minutes: minutes(definition.window_seconds) || 10,
        ...(definition.type === 'threshold'
          ? { aggregation: definition.aggregation ?? 'last' }
          : { per_minutes: minutes(definition.per_seconds) }),
      };
  }
}

export function valuesOf(rule: Rule | null): RuleValues {
  if (rule === null) return EMPTY;
  return {
    ...EMPTY,
    ...definitionValues(rule.definition),
    name: rule.name,
    severity: rule.severity,
    for_minutes: minutes(rule.for_seconds),
    clear_minutes: minutes(rule.clear_seconds),
    cooldown_minutes: minutes(rule.cooldown_seconds),
    tags: (rule.scope.tags ?? []).join(', '),
    overrides: rule.overrides.map((one) => ({
      labels: labelsText(one.labels),
      raise_level: level(one.raise_level),
      clear_level: level(one.clear_level),
      is_ignored: one.is_ignored ?? false,
    })),
    title: rule.title,
    over: rule.over,
    message: rule.message,
    fix: rule.fix,
    runbook: rule.runbook,
  };
}

const number = (value: number | '') => (value === '' ? null : value);

function definitionOf(values: RuleValues, before: Rule | null): Definition {
  const common = { metric: values.metric.trim(), labels: labelsOf(values.labels) };
  const levels = {
    operator: values.operator,
    raise_level: number(values.raise_level) ?? 0,
    clear_level: number(values.clear_level),
    unit: values.unit.trim(),
  };
  switch (values.kind) {
    case 'composite':
      if (before?.definition.type !== 'composite') throw new Error('A joined rule has parts.');
      return before.definition;
    case 'state':
      return { type: 'state', alert_type: values.alert_type.trim() };
    case 'absence':
      return { type: 'absence', ...common, after_seconds: seconds(values.after_minutes) };
    case 'forecast':
      return {
        type: 'forecast',
        ...common,
        level: levels.raise_level,
        unit: levels.unit,
        within_seconds: Math.round((values.within_hours === '' ? 0 : values.within_hours) * 3600),
        window_seconds: Math.max(seconds(values.window_minutes), 6 * 3600),
        least_confidence:
          before?.definition.type === 'forecast'
            ? (before.definition.least_confidence ?? 0.7)
            : 0.7,
      };
    case 'rate_of_change':
      return {
        type: 'rate_of_change',
        ...common,
        ...levels,
        window_seconds: seconds(values.window_minutes),
        per_seconds: seconds(values.per_minutes),
        in_percent:
          before?.definition.type === 'rate_of_change' && before.definition.in_percent === true,
      };
    case 'threshold':
      return {
        type: 'threshold',
        ...common,
        ...levels,
        aggregation: values.aggregation,
        window_seconds: values.aggregation === 'last' ? 0 : seconds(values.window_minutes),
      };
  }
}

/** What is saved; what the form does not show stays as it was. */
export function wishOf(values: RuleValues, before: Rule | null): RuleWish {
  const { name, severity, title, over, message, fix, runbook } = values;
  const tags = values.tags.split(',').map((tag) => tag.trim());
  return {
    ...{ name, severity, title, over, message, fix, runbook },
    domain: before?.domain ?? 'infrastructure',
    definition: definitionOf(values, before),
    scope: {
      servers: before?.scope.servers ?? [],
      groups: before?.scope.groups ?? [],
      tags: tags.filter((tag) => tag !== ''),
    },
    overrides: values.overrides.map((one, index) => ({
      servers: before?.overrides[index]?.servers ?? [],
      severity: before?.overrides[index]?.severity ?? null,
      for_seconds: before?.overrides[index]?.for_seconds ?? null,
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
