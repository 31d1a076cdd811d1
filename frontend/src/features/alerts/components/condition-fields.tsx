import {
  Autocomplete,
  Group,
  NativeSelect,
  NumberInput,
  SimpleGrid,
  TextInput,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { rulesQuery } from '../rules-api';
import type { RuleFormState } from './rule-form';

const KINDS = [
  { value: 'threshold', label: 'A value is beyond a level' },
  { value: 'rate_of_change', label: 'A value changes too fast' },
  { value: 'absence', label: 'Nothing is measured any more' },
  { value: 'forecast', label: 'A value will reach a level' },
  { value: 'state', label: 'Unity reports it itself' },
];
const OPERATORS = [
  { value: '>', label: 'above' },
  { value: '>=', label: 'at or above' },
  { value: '<', label: 'below' },
  { value: '<=', label: 'at or below' },
  { value: '==', label: 'exactly' },
  { value: '!=', label: 'other than' },
];
const AGGREGATIONS = [
  { value: 'last', label: 'the newest value' },
  { value: 'avg', label: 'the average over' },
  { value: 'min', label: 'the least value over' },
  { value: 'max', label: 'the greatest value over' },
];

/** The metrics that rules look at already, to choose from; others may be typed. */
function useKnownMetrics(): string[] {
  const rules = useQuery(rulesQuery).data ?? [];
  const found = rules.flatMap(({ definition }) => {
    if (definition.type === 'composite')
      return definition.parts.flatMap((part) => ('metric' in part ? [part.metric] : []));
    return 'metric' in definition ? [definition.metric] : [];
  });
  return [...new Set(found)].sort();
}

function Metric({ form }: { form: RuleFormState }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <Autocomplete
        label="Metric"
        required
        data={useKnownMetrics()}
        {...form.getInputProps('metric')}
      />
      <TextInput
        label="Only with these labels"
        description="mountpoint=/home, device~sd*"
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        {...form.getInputProps('labels')}
      />
    </SimpleGrid>
  );
}

function Levels({ form }: { form: RuleFormState }) {
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }}>
      <NativeSelect label="Is" data={OPERATORS} {...form.getInputProps('operator')} />
      <NumberInput label="Wrong from" required {...form.getInputProps('raise_level')} />
      <NumberInput
        label="Well again from"
        placeholder="the same"
        {...form.getInputProps('clear_level')}
      />
      <TextInput label="Unit" placeholder="percent" {...form.getInputProps('unit')} />
    </SimpleGrid>
  );
}

function minutesProps(
  form: RuleFormState,
  name: 'window_minutes' | 'per_minutes' | 'after_minutes',
) {
  return { suffix: ' min', min: 1, ...form.getInputProps(name) };
}

/** What is compared with what; the fields follow the kind. */
export function ConditionFields({ form, isNew }: { form: RuleFormState; isNew: boolean }) {
  const { kind, aggregation } = form.values;
  if (kind === 'composite') return null;
  return (
    <>
      <NativeSelect
        label="It fires when"
        data={KINDS}
        disabled={!isNew}
        {...form.getInputProps('kind')}
      />
      {kind === 'state' ? (
        <TextInput
          label="What is reported"
          required
          disabled={!isNew}
          {...form.getInputProps('alert_type')}
        />
      ) : (
        <Metric form={form} />
      )}
      {(kind === 'threshold' || kind === 'rate_of_change') && <Levels form={form} />}
      {kind === 'threshold' && (
        <Group grow align="flex-start">
          <NativeSelect
            label="What is compared"
            data={AGGREGATIONS}
            {...form.getInputProps('aggregation')}
          />
          {aggregation !== 'last' && (
            <NumberInput label="Time" {...minutesProps(form, 'window_minutes')} />
          )}
        </Group>
      )}
      {kind === 'rate_of_change' && (
        <Group grow align="flex-start">
          <NumberInput label="Measured over" {...minutesProps(form, 'window_minutes')} />
          <NumberInput label="The level is per" {...minutesProps(form, 'per_minutes')} />
        </Group>
      )}
      {kind === 'absence' && (
        <NumberInput label="For longer than" {...minutesProps(form, 'after_minutes')} />
      )}
      {kind === 'forecast' && (
        <Group grow align="flex-start">
          <NumberInput label="Level" required {...form.getInputProps('raise_level')} />
          <TextInput label="Unit" {...form.getInputProps('unit')} />
          <NumberInput label="Within" suffix=" h" min={1} {...form.getInputProps('within_hours')} />
        </Group>
      )}
    </>
  );
}
