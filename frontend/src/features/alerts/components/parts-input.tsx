import { ActionIcon, Button, Fieldset, Group, NativeSelect, Stack } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { FEWEST_PARTS, MOST_PARTS, NEW_PART } from '../rule-values';
import type { RuleFormState } from './rule-form';
import { SIMPLE_KINDS, SimpleFields, type FieldProps } from './simple-fields';

const JOINS = [
  { value: 'all', label: 'all of these are true' },
  { value: 'any', label: 'one of these is true' },
];

function Part({ form, place }: { form: RuleFormState; place: number }) {
  const values = form.values.parts[place] ?? NEW_PART;
  const path = (name: string) => `parts.${place}.${name}`;
  const field: FieldProps = (name, type) =>
    form.getInputProps(path(name), type === undefined ? {} : { type });
  return (
    <Fieldset legend={`Condition ${place + 1}`}>
      <Stack gap="sm">
        <Group align="flex-end" wrap="nowrap">
          <NativeSelect
            label="It is true when"
            data={SIMPLE_KINDS}
            flex={1}
            {...form.getInputProps(path('kind'))}
          />
          {form.values.parts.length > FEWEST_PARTS && (
            <ActionIcon
              size="lg"
              aria-label={`Remove condition ${place + 1}`}
              onClick={() => form.removeListItem('parts', place)}
            >
              <IconTrash size={16} />
            </ActionIcon>
          )}
        </Group>
        <SimpleFields kind={values.kind} values={values} field={field} />
      </Stack>
    </Fieldset>
  );
}

/** The conditions that a rule joins: on one resource, whichever series of it they look at. */
export function PartsInput({ form }: { form: RuleFormState }) {
  return (
    <Stack gap="sm">
      <NativeSelect label="It is wrong when" data={JOINS} {...form.getInputProps('join')} />
      {form.values.parts.map((_, place) => (
        // A condition has no name of its own; its place is what it is known by.
        <Part key={place} form={form} place={place} />
      ))}
      {form.values.parts.length < MOST_PARTS && (
        <div>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => form.insertListItem('parts', NEW_PART)}
          >
            Add a condition
          </Button>
        </div>
      )}
    </Stack>
  );
}
