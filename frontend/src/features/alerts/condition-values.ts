// Between one condition on one metric as the API has it and the fields of a form.
import type { Rule } from './api';

export type Definition = NonNullable<Rule['definition']>;
export type Simple = Extract<Definition, { type: 'threshold' | 'rate_of_change' | 'absence' }>;
export type SimpleKind = Simple['type'];
type Labels = NonNullable<Simple['labels']>;

export interface ConditionValues {
  metric: string;
  labels: string;
  operator: '>' | '>=' | '<' | '<=' | '==' | '!=';
  raise_level: number | '';
  clear_level: number | '';
  unit: string;
  aggregation: 'last' | 'avg' | 'min' | 'max';
  window_minutes: number | '';
  per_minutes: number | '';
  in_percent: boolean;
  after_minutes: number | '';
}

/** One of several conditions that a rule joins. */
export interface PartValues extends ConditionValues {
  kind: SimpleKind;
}

export const EMPTY_CONDITION: ConditionValues = {
  metric: '',
  labels: '',
  operator: '>',
  raise_level: '',
  clear_level: '',
  unit: '',
  aggregation: 'last',
  window_minutes: 10,
  per_minutes: 60,
  in_percent: false,
  after_minutes: 15,
};

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

export const minutes = (seconds: number | undefined) => (seconds ?? 0) / 60;
export const seconds = (value: number | '') => Math.round((value === '' ? 0 : value) * 60);
export const level = (value: number | null | undefined): number | '' => value ?? '';
export const number = (value: number | '') => (value === '' ? null : value);

export function conditionValues(definition: Simple): ConditionValues {
  const common = {
    ...EMPTY_CONDITION,
    metric: definition.metric,
    labels: labelsText(definition.labels),
  };
  if (definition.type === 'absence')
    return { ...common, after_minutes: minutes(definition.after_seconds) };
  const levels = {
    ...common,
    operator: definition.operator ?? '>',
    raise_level: definition.raise_level,
    clear_level: level(definition.clear_level),
    unit: definition.unit ?? '',
    window_minutes: minutes(definition.window_seconds) || 10,
  };
  return definition.type === 'threshold'
    ? { ...levels, aggregation: definition.aggregation ?? 'last' }
    : {
        ...levels,
        per_minutes: minutes(definition.per_seconds),
        in_percent: definition.in_percent ?? false,
      };
}

export function conditionOf(kind: SimpleKind, values: ConditionValues): Simple {
  const common = { metric: values.metric.trim(), labels: labelsOf(values.labels) };
  const levels = {
    operator: values.operator,
    raise_level: number(values.raise_level) ?? 0,
    clear_level: number(values.clear_level),
    unit: values.unit.trim(),
  };
  switch (kind) {
    case 'absence':
      return { type: kind, ...common, after_seconds: seconds(values.after_minutes) };
    case 'rate_of_change':
      return {
        type: kind,
        ...common,
        ...levels,
        window_seconds: seconds(values.window_minutes),
        per_seconds: seconds(values.per_minutes),
        in_percent: values.in_percent,
      };
    case 'threshold':
      return {
        type: kind,
        ...common,
        ...levels,
        aggregation: values.aggregation,
        window_seconds: values.aggregation === 'last' ? 0 : seconds(values.window_minutes),
      };
  }
}
