import { NativeSelect, NumberInput, SimpleGrid, TextInput } from '@mantine/core';
import { PartsInput } from './parts-input';
import type { RuleFormState } from './rule-form';
import { Metric, SIMPLE_KINDS, SimpleFields, type FieldProps } from './simple-fields';

const KINDS = [
  ...SIMPLE_KINDS,
  { value: 'forecast', label: 'A value will reach a level' },
  { value: 'composite', label: 'Several conditions on one resource' },
  { value: 'state', label: 'Unity reports it itself' },
];

function ForecastFields({ form, field }: { form: RuleFormState; field: FieldProps }) {
  return (
    <>
      <Metric field={field} />
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <NumberInput label="Level" required {...field('raise_level')} />
        <TextInput label="Unit" placeholder="percent" {...field('unit')} />
        <NumberInput label="Within" suffix=" h" min={1} {...form.getInputProps('within_hours')} />
      </SimpleGrid>
    </>
  );
}

/** What is compared with what; the fields follow the kind. */
export function ConditionFields({ form, isNew }: { form: RuleFormState; isNew: boolean }) {
  const { kind } = form.values;
  const field: FieldProps = (name, type) =>
    form.getInputProps(name, type === undefined ? {} : { type });
  return (
    <>
      <NativeSelect
        label="It fires when"
        data={KINDS}
        disabled={!isNew}
        {...form.getInputProps('kind')}
      />
      {kind === 'state' && (
        <TextInput
          label="What is reported"
          description="The name of an alert type, such as server_offline."
          required
          disabled={!isNew}
          {...form.getInputProps('alert_type')}
        />
      )}
      {kind === 'composite' && <PartsInput form={form} />}
      {kind === 'forecast' && <ForecastFields form={form} field={field} />}
      {(kind === 'threshold' || kind === 'rate_of_change' || kind === 'absence') && (
        <SimpleFields kind={kind} values={form.values} field={field} />
      )}
    </>
  );
}
