import {
  Fieldset,
  MultiSelect,
  NativeSelect,
  NumberInput,
  Stack,
  Switch,
  TextInput,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { channelNamesQuery, type RoutePlan, type Severity } from '../api';
import { DAYS } from '../values';
import { HoursInput } from './hours-input';

type Plan = Required<RoutePlan>;

interface PlanFieldsProps {
  plan: Plan;
  onChange: (part: Partial<Plan>) => void;
  errors: Record<string, string>;
}

const GROUPS: { value: Plan['group_by']; label: string }[] = [
  { value: 'server', label: 'all of one server' },
  { value: 'cause', label: 'all with one cause' },
  { value: 'type', label: 'all of one type' },
  { value: 'alert', label: 'each alert by itself' },
  { value: 'all', label: 'all together' },
];
const DIGESTS: { value: Plan['digest']; label: string }[] = [
  { value: 'off', label: 'when it happens' },
  { value: 'daily', label: 'once a day' },
  { value: 'weekly', label: 'once a week' },
];
const SEVERITIES: Severity[] = ['critical', 'warning', 'info'];
const isSeverity = (word: string): word is Severity => SEVERITIES.some((one) => one === word);

/** Who is told, in which message, and when. */
export function PlanFields({ plan, onChange, errors }: PlanFieldsProps) {
  const channels = (useQuery(channelNamesQuery).data ?? []).map(({ id, name }) => ({
    value: id,
    label: name,
  }));
  const number = (label: string, name: keyof Plan, value: number, description?: string) => (
    <NumberInput
      label={label}
      description={description}
      min={0}
      value={value}
      onChange={(next) => onChange({ [name]: Number(next) || 0 })}
    />
  );
  return (
    <>
      <Fieldset legend="Who is told">
        <Stack gap="md">
          <MultiSelect
            label="Channels"
            data={channels}
            value={plan.channels}
            onChange={(ids) => onChange({ channels: ids })}
            error={errors['plan.channels']}
          />
          {number(
            'Repeat every so many minutes',
            'repeat_minutes',
            plan.repeat_minutes,
            'Until somebody acknowledges it; 0 is never.',
          )}
          {number(
            'Escalate after so many minutes',
            'escalate_after_minutes',
            plan.escalate_after_minutes,
            'When nobody acknowledges it; 0 is never.',
          )}
          {plan.escalate_after_minutes > 0 && (
            <MultiSelect
              label="Escalate to"
              data={channels}
              value={plan.escalate_to}
              onChange={(ids) => onChange({ escalate_to: ids })}
              error={errors['plan.escalate_to']}
            />
          )}
          <Switch
            label="Say when it is over"
            description="To those who heard that it began."
            checked={plan.sends_resolved}
            onChange={(event) => onChange({ sends_resolved: event.currentTarget.checked })}
          />
        </Stack>
      </Fieldset>
      <Fieldset legend="When">
        <Stack gap="md">
          <NativeSelect
            label="Messages come"
            data={DIGESTS}
            value={plan.digest}
            onChange={(event) => {
              const wanted = DIGESTS.find(({ value }) => value === event.currentTarget.value);
              if (wanted) onChange({ digest: wanted.value });
            }}
          />
          {plan.digest === 'off' ? (
            <>
              <NativeSelect
                label="In one message"
                data={GROUPS}
                value={plan.group_by}
                onChange={(event) => {
                  const wanted = GROUPS.find(({ value }) => value === event.currentTarget.value);
                  if (wanted) onChange({ group_by: wanted.value });
                }}
              />
              {number('Wait for others, in seconds', 'group_wait_seconds', plan.group_wait_seconds)}
              {number(
                'Pause between messages of a group, in seconds',
                'group_interval_seconds',
                plan.group_interval_seconds,
              )}
            </>
          ) : (
            <>
              <TextInput
                type="time"
                label="At"
                value={plan.digest_at}
                onChange={(event) => onChange({ digest_at: event.currentTarget.value })}
              />
              {plan.digest === 'weekly' && (
                <NativeSelect
                  label="On"
                  data={DAYS.map((label, day) => ({ value: String(day), label }))}
                  value={String(plan.digest_day)}
                  onChange={(event) => onChange({ digest_day: Number(event.currentTarget.value) })}
                />
              )}
            </>
          )}
          <HoursInput
            label="Quiet hours"
            description="What happens then is told when they end."
            hours={plan.quiet}
            onChange={(quiet) => onChange({ quiet })}
          />
          {plan.quiet.length > 0 && (
            <MultiSelect
              label="Let through in quiet hours"
              data={SEVERITIES}
              value={plan.quiet_lets_through}
              onChange={(words) => onChange({ quiet_lets_through: words.filter(isSeverity) })}
            />
          )}
          <TextInput
            label="Time zone"
            placeholder="Europe/Berlin"
            description="Of quiet hours and digests; empty is Unity's own."
            value={plan.zone}
            onChange={(event) => onChange({ zone: event.currentTarget.value })}
            error={errors['plan.zone']}
          />
        </Stack>
      </Fieldset>
    </>
  );
}
