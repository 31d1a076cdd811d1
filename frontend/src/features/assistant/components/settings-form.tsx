import {
  Autocomplete,
  Button,
  Group,
  NativeSelect,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import { Section } from '@/components/page';
import { SecretInput } from '@/components/secret-input';
import { useSaveSettings, useTestSettings, type Settings } from '../api';
import { bodyOf, PRESETS, valuesOf, type SettingsValues } from '../values';
import { LimitFields } from './limit-fields';
import { TestResults } from './test-results';

export type SettingsForm = UseFormReturnType<SettingsValues>;

const PROTOCOLS = [
  { value: 'openai', label: 'OpenAI-compatible: OpenAI, Ollama, vLLM, llama.cpp' },
  { value: 'anthropic', label: 'Anthropic' },
];

function Connection({
  form,
  models,
  hasKey,
}: {
  form: SettingsForm;
  models: string[];
  hasKey: boolean;
}) {
  return (
    <Stack gap="sm" maw={560}>
      <Group gap="xs">
        <Text size="sm">Fill in for:</Text>
        {PRESETS.map(({ label, protocol, base_url }) => (
          <Button
            key={label}
            size="compact-xs"
            variant="default"
            onClick={() => form.setValues({ protocol, base_url })}
          >
            {label}
          </Button>
        ))}
      </Group>
      <NativeSelect label="Protocol" data={PROTOCOLS} {...form.getInputProps('protocol')} />
      <TextInput
        label="Address of its API"
        description="This machine and private networks are allowed. Over the internet only https://."
        inputMode="url"
        required
        {...form.getInputProps('base_url')}
      />
      <SecretInput
        label="API key"
        description="Left empty for servers that ask for none. Another address drops the key that is kept."
        isSet={hasKey}
        value={form.values.api_key}
        onChange={(value) => form.setFieldValue('api_key', value)}
        error={typeof form.errors.api_key === 'string' ? form.errors.api_key : undefined}
      />
      <Autocomplete
        label="Model"
        description={
          models.length > 0
            ? `The provider offers ${models.length}.`
            : 'The test lists what the provider offers. Questions need a model that can use tools.'
        }
        data={models}
        maxDropdownHeight={240}
        {...form.getInputProps('model')}
      />
    </Stack>
  );
}

function Uses({ form }: { form: SettingsForm }) {
  const props = (
    name: 'is_enabled' | 'explains_alerts' | 'answers_questions' | 'hides_addresses',
  ) => form.getInputProps(name, { type: 'checkbox' });
  return (
    <Stack gap="sm">
      <Switch
        label="AI is on"
        description="Off: nothing is ever sent, and only admins see that there is such a thing."
        {...props('is_enabled')}
      />
      <Switch
        label="Explain alerts"
        description="A button on the page of an alert."
        {...props('explains_alerts')}
      />
      <Switch
        label="Answer questions"
        description="A page and an entry of the palette. The model looks things up with the rights of who asks."
        {...props('answers_questions')}
      />
      <Switch
        label="Hide addresses"
        description="IP, MAC and e-mail addresses leave as placeholders. Secrets are always taken out."
        {...props('hides_addresses')}
      />
    </Stack>
  );
}

/** Which model is asked, for what, and how much of it; the test asks with what stands here now. */
export function SettingsForm({ settings }: { settings: Settings }) {
  const form = useForm({ initialValues: valuesOf(settings) });
  const save = useSaveSettings();
  const test = useTestSettings();
  const names = Object.keys(form.values);
  const tell = (error: unknown) => form.setErrors(splitProblem(error, names).fields);
  const submit = (values: SettingsValues) =>
    save.mutate(bodyOf(values), {
      onSuccess: (saved) => {
        form.setValues(valuesOf(saved));
        form.resetDirty(valuesOf(saved));
      },
      onError: tell,
    });
  const runTest = () => {
    form.clearErrors();
    test.mutate(bodyOf(form.values), { onError: tell });
  };
  const rest = save.error ? splitProblem(save.error, names).rest : null;
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md">
        <Section title="Provider">
          <Connection form={form} models={test.data?.models ?? []} hasKey={settings.has_api_key} />
        </Section>
        <Section
          title="Test"
          actions={
            <Button size="xs" variant="default" onClick={runTest} loading={test.isPending}>
              Test it
            </Button>
          }
        >
          <TestResults result={test.data} error={test.error} isPending={test.isPending} />
        </Section>
        <Section title="Uses">
          <Uses form={form} />
        </Section>
        <Section title="Limits">
          <LimitFields form={form} />
        </Section>
        <FormActions submitLabel="Save" isBusy={save.isPending} error={rest}>
          {save.isSuccess && !form.isDirty() && (
            <Text size="sm" c="dimmed" role="status">
              Saved.
            </Text>
          )}
        </FormActions>
      </Stack>
    </form>
  );
}
