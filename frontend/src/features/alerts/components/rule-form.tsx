import { NativeSelect, NumberInput, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { toProblem } from '@/api/problem';
import { FormActions } from '@/components/form-actions';
import { Section } from '@/components/page';
import type { Rule } from '../api';
import { fieldErrors } from '../rule-faults';
import { valuesOf, wishOf, type Faults, type RuleValues } from '../rule-values';
import { useSaveRule } from '../rules-api';
import { ConditionFields } from './condition-fields';
import { OverridesInput } from './overrides-input';
import { RulePreviewPanel } from './rule-preview';
import { ScopeFields } from './scope-fields';

export type RuleFormState = UseFormReturnType<RuleValues>;

function About({ form }: { form: RuleFormState }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <TextInput label="Name" required {...form.getInputProps('name')} />
      <NativeSelect
        label="Severity"
        data={['critical', 'warning', 'info']}
        {...form.getInputProps('severity')}
      />
    </SimpleGrid>
  );
}

function Patience({ form }: { form: RuleFormState }) {
  const field = (name: 'for_minutes' | 'clear_minutes' | 'cooldown_minutes') => ({
    suffix: ' min',
    min: 0,
    ...form.getInputProps(name),
  });
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }}>
      <NumberInput
        label="Told after"
        description="It must last so long."
        {...field('for_minutes')}
      />
      <NumberInput
        label="Over after"
        description="It must be well so long."
        {...field('clear_minutes')}
      />
      <NumberInput
        label="Pause"
        description="Until it may be told again."
        {...field('cooldown_minutes')}
      />
    </SimpleGrid>
  );
}

function Words({ form }: { form: RuleFormState }) {
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed">
        {'{name}'} becomes the resource, {'{subject}'} the part of it, {'{value}'} and {'{level}'}{' '}
        the numbers.
      </Text>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label="Title"
          placeholder="{name}: {rule} ({subject})"
          {...form.getInputProps('title')}
        />
        <TextInput
          label="Title when it is over"
          placeholder="{name}: {rule} is over"
          {...form.getInputProps('over')}
        />
      </SimpleGrid>
      <TextInput label="Message" {...form.getInputProps('message')} />
      <TextInput label="What to do" {...form.getInputProps('fix')} />
      <TextInput
        label="Runbook"
        description="The name of one that Unity brings along, or an address."
        {...form.getInputProps('runbook')}
      />
    </Stack>
  );
}

/** The form of a rule; what it would have done stands beside it and follows each change. */
export function RuleForm({ rule, mayManage }: { rule: Rule | null; mayManage: boolean }) {
  const navigate = useNavigate();
  const save = useSaveRule(rule?.id ?? null);
  const form = useForm<RuleValues>({ initialValues: valuesOf(rule) });
  const [asked] = useDebouncedValue(form.values, 700);
  const [tried, setTried] = useState<Faults>({});
  const faults = save.error ? fieldErrors(toProblem(save.error).fields) : {};
  const isPlaced = Object.keys(faults).length > 0;
  const submit = (values: RuleValues) =>
    save.mutate(wishOf(values, rule), {
      onSuccess: ({ id }) => {
        if (rule === null) void navigate({ to: '/alerts/rules/$ruleId', params: { ruleId: id } });
      },
      onError: (error) => form.setErrors(fieldErrors(toProblem(error).fields)),
    });
  const shown: RuleFormState = {
    ...form,
    getInputProps: (path, options) => {
      const props = form.getInputProps(path, options);
      const also = tried[String(path)];
      return also !== undefined && !props.error ? { ...props, error: also } : props;
    },
  };
  return (
    <Stack gap="md">
      <form onSubmit={form.onSubmit(submit)}>
        <fieldset disabled={!mayManage} style={{ border: 0, padding: 0, margin: 0 }}>
          <Stack gap="md">
            <Section title="When it fires">
              <Stack gap="sm">
                <About form={shown} />
                <ConditionFields form={shown} isNew={rule === null || rule.definition === null} />
                <Patience form={shown} />
                <ScopeFields form={shown} />
                <OverridesInput
                  value={form.values.overrides}
                  kind={form.values.kind}
                  onChange={(overrides) => form.setFieldValue('overrides', overrides)}
                />
              </Stack>
            </Section>
            <Section title="What is told">
              <Words form={shown} />
            </Section>
            {mayManage && (
              <FormActions
                submitLabel={rule === null ? 'Add the rule' : 'Save the rule'}
                isBusy={save.isPending}
                error={save.error && !isPlaced ? save.error : null}
              />
            )}
          </Stack>
        </fieldset>
      </form>
      <RulePreviewPanel values={asked} rule={rule} onFaults={setTried} />
    </Stack>
  );
}
