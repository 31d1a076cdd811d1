import {
  Autocomplete,
  Checkbox,
  Group,
  NativeSelect,
  NumberInput,
  SimpleGrid,
  TextInput,
} from '@mantine/core';
import type { GetInputPropsReturnType } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import type { ConditionValues, SimpleKind } from '../condition-values';
import { rulesQuery } from '../rules-api';

export const SIMPLE_KINDS: { value: SimpleKind; label: string }[] = [
  { value: 'threshold', label: 'A value is beyond a level' },
  { value: 'rate_of_change', label: 'A value changes too fast' },
  { value: 'absence', label: 'Nothing is measured any more' },
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

/** The props of a field of one condition, of the rule itself or of one of its parts. */
export type FieldProps = (
  name: keyof ConditionValues,
  type?: 'checkbox',
) => GetInputPropsReturnType;

/** The metrics that rules look at already, to choose from; others may be typed. */
function useKnownMetrics(): string[] {
  const rules = useQuery(rulesQuery).data ?? [];
  const found = rules.flatMap(({ definition }) => {
    if (definition === null) return [];
    if (definition.type === 'composite') return definition.parts.map(({ metric }) => metric);
    return 'metric' in definition ? [definition.metric] : [];
  });
  return [...new Set(found)].sort();
}

export function Metric({ field }: { field: FieldProps }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <Autocomplete label="Metric" required data={useKnownMetrics()} {...field('metric')} />
      <TextInput
        label="Only with these labels"
        description="mountpoint=/home, device~sd*"
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        {...field('labels')}
      />
    </SimpleGrid>
  );
}

function Levels({ field }: { field: FieldProps }) {
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }}>
      <NativeSelect label="Is" data={OPERATORS} {...field('operator')} />
      <NumberInput label="Wrong from" required {...field('raise_level')} />
      <NumberInput label="Well again from" placeholder="the same" {...field('clear_level')} />
      <TextInput label="Unit" placeholder="percent" {...field('unit')} />
    </SimpleGrid>
  );
}

interface SimpleFieldsProps {
  kind: SimpleKind;
  values: ConditionValues;
  field: FieldProps;
}

/** The fields of one condition on one metric. */
export function SimpleFields({ kind, values, field }: SimpleFieldsProps) {
  const time = (name: 'window_minutes' | 'per_minutes' | 'after_minutes') => ({
    suffix: ' min',
    min: 1,
    ...field(name),
  });
  return (
    <>
      <Metric field={field} />
      {kind !== 'absence' && <Levels field={field} />}
      {kind === 'threshold' && (
        <Group grow align="flex-start">
          <NativeSelect label="What is compared" data={AGGREGATIONS} {...field('aggregation')} />
          {values.aggregation !== 'last' && (
            <NumberInput label="Time" {...time('window_minutes')} />
          )}
        </Group>
      )}
      {kind === 'rate_of_change' && (
        <>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <NumberInput label="Measured over" {...time('window_minutes')} />
            <NumberInput label="The level is per" {...time('per_minutes')} />
          </SimpleGrid>
          <Checkbox
            label="In percent of the value at the beginning"
            {...field('in_percent', 'checkbox')}
          />
        </>
      )}
      {kind === 'absence' && <NumberInput label="For longer than" {...time('after_minutes')} />}
    </>
  );
}
