// What alerts, matchers and rules are called where people read of them.
import { formatBytes, formatDuration, plural, threeDigits } from '@/lib/format';
import type { State } from '@/lib/states';
import type { Alert, AlertDetail, Matcher, Rule, Span } from './api';

const STATE_OF: Record<Alert['severity'], State> = {
  critical: 'critical',
  warning: 'warning',
  info: 'unknown',
};

export function stateOfAlert({ severity, state }: Pick<Alert, 'severity' | 'state'>): State {
  return state === 'resolved' ? 'ok' : STATE_OF[severity];
}

export const STATE_NAMES: Record<Alert['state'], string> = {
  pending: 'not told yet',
  firing: 'firing',
  acknowledged: 'acknowledged',
  resolved: 'over',
};

export const FIELDS: readonly { value: Matcher['field']; label: string; hint: string }[] = [
  { value: 'server', label: 'Server', hint: 'nas' },
  { value: 'resource', label: 'Resource', hint: 'nas' },
  { value: 'tag', label: 'Tag', hint: 'homelab' },
  { value: 'group', label: 'Group', hint: 'Storage' },
  { value: 'type', label: 'Kind of alert', hint: 'unit_failed' },
  { value: 'severity', label: 'Severity', hint: 'warning' },
  { value: 'domain', label: 'Domain', hint: 'infrastructure' },
  { value: 'subject', label: 'Subject', hint: '/home' },
  { value: 'rule', label: 'Rule', hint: 'Memory is nearly full' },
  { value: 'label', label: 'Label', hint: '/dev/sd*' },
  { value: 'alert', label: 'This one alert', hint: 'its id' },
];

const COMPARED: Record<NonNullable<Matcher['match']>, string> = {
  is: 'is',
  is_not: 'is not',
  like: 'is like',
  not_like: 'is not like',
};

export function inWords({ field, label, match, values }: Matcher): string {
  const name =
    field === 'label' ? `label ${label ?? ''}` : FIELDS.find((one) => one.value === field)?.label;
  return `${name ?? field} ${COMPARED[match ?? 'is']} ${values.join(' or ')}`;
}

/** A value of a rule with the unit that its metric is stored in. */
export function withUnit(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return '–';
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 's') return formatDuration(value);
  const number = threeDigits(value);
  if (unit === 'percent') return `${number} %`;
  if (unit === 'celsius') return `${number} °C`;
  return unit === '' ? number : `${number} ${unit}`;
}

const OPERATORS: Record<string, string> = {
  '>': 'above',
  '>=': 'at or above',
  '<': 'below',
  '<=': 'at or below',
  '==': 'exactly',
  '!=': 'other than',
};
const AGGREGATIONS: Record<string, string> = { avg: 'average', min: 'least', max: 'greatest' };

type Definition = NonNullable<Rule['definition']>;
type Part = Exclude<Definition, { type: 'composite' }>;

function partInWords(part: Part): string {
  switch (part.type) {
    case 'threshold': {
      const over =
        part.aggregation && part.aggregation !== 'last'
          ? ` (${AGGREGATIONS[part.aggregation] ?? part.aggregation} over ${formatDuration(part.window_seconds)})`
          : '';
      const level = withUnit(part.raise_level, part.unit ?? '');
      return `${part.metric}${over} is ${OPERATORS[part.operator ?? '>'] ?? ''} ${level}`;
    }
    case 'rate_of_change':
      return `${part.metric} changes by ${OPERATORS[part.operator ?? '>'] ?? ''} ${withUnit(part.raise_level, part.unit ?? '')} in ${formatDuration(part.per_seconds ?? 3600)}`;
    case 'absence':
      return `${part.metric} was not measured for ${formatDuration(part.after_seconds)}`;
    case 'forecast':
      return `${part.metric} will reach ${withUnit(part.level, part.unit ?? '')} within ${formatDuration(part.within_seconds)}`;
    case 'state':
      return `${part.alert_type} is reported`;
  }
}

/** What a rule looks for, in a sentence without its end. */
export function definitionInWords(definition: Definition | null): string {
  if (definition === null) return 'what is stored cannot be read';
  if (definition.type !== 'composite') return partInWords(definition);
  const join = definition.join === 'any' ? ' or ' : ' and ';
  return definition.parts.map(partInWords).join(join);
}

/** Why nobody is told, who has it, how many follow from it. */
export function notes(alert: Alert): string {
  return [
    alert.consequences > 0 &&
      `${plural(alert.consequences, 'alert')} ${alert.consequences === 1 ? 'follows' : 'follow'} from it`,
    alert.acknowledged_by && `${alert.acknowledged_by} has it`,
    alert.is_flapping && 'comes and goes',
    alert.muted_by,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** An hour before, and up to now or half an hour after its end; whole minutes, so that it stays. */
export function spanAround(alert: AlertDetail, now: Date): Span {
  const minute = (milliseconds: number) => Math.floor(milliseconds / 60_000) * 60;
  const end = alert.resolved_at ? Date.parse(alert.resolved_at) + 1_800_000 : now.getTime();
  return {
    from: minute(Date.parse(alert.began_at)) - 3_600,
    to: minute(Math.min(end, now.getTime())),
  };
}
