import { Button, NativeSelect, NumberInput, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import { GeneratedFields } from '@/components/generated-fields';
import { Notice } from '@/components/notice';
import { ProblemAlert } from '@/components/problem-alert';
import { formatDuration } from '@/lib/format';
import { fieldName, splitValues, valuesOf } from '@/lib/form-values';
import {
  serversQuery,
  useSaveInstance,
  useTry,
  type InstanceDetail,
  type InstanceWrite,
  type PluginDetail,
  type Trial,
} from '../api';
import { kindInWords } from '../words';

interface InstanceFormProps {
  plugin: PluginDetail;
  instance: InstanceDetail | null;
  onSaved: (instance: InstanceDetail) => void;
  onCancel: () => void;
}

const OWN_FIELDS = ['name', 'server_id', 'every_seconds'];

/** What trying a configuration brought: shown where the button is. */
function TrialResult({ trial }: { trial: Trial }) {
  const took = formatDuration(trial.milliseconds / 1000);
  return (
    <Notice
      role="status"
      state={trial.ok ? 'ok' : 'critical'}
      title={trial.ok ? `It works, after ${took}` : `It does not work: ${kindInWords(trial.kind)}`}
    >
      <Stack gap={4}>
        <Text size="sm">{trial.detail}</Text>
        {trial.fix && (
          <Text size="sm">
            <b>What to do: </b>
            {trial.fix}
          </Text>
        )}
        {trial.log.map((line) => (
          <Text key={line} size="sm" c="dimmed">
            {line}
          </Text>
        ))}
      </Stack>
    </Notice>
  );
}

interface OwnValues {
  name: string;
  server_id: string;
  every_seconds: number | '';
  is_enabled: boolean;
}

interface OwnFieldsProps {
  plugin: PluginDetail;
  own: OwnValues;
  errors: Record<string, string>;
  onChange: (part: Partial<OwnValues>) => void;
}

/** The fields that each instance has, whatever it watches. */
function OwnFields({ plugin, own, errors, onChange }: OwnFieldsProps) {
  const servers = useQuery(serversQuery).data ?? [];
  return (
    <>
      <NativeSelect
        label="Belongs to"
        description="Its alerts and rights then follow the server."
        required={plugin.needs_server}
        data={[
          { value: '', label: plugin.needs_server ? 'Choose a server' : 'no server' },
          ...servers.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        value={own.server_id}
        onChange={(event) => onChange({ server_id: event.currentTarget.value })}
        error={errors['server_id']}
      />
      {plugin.collects && (
        <NumberInput
          label="Runs every"
          description={`Empty: every ${formatDuration(plugin.every_seconds)}, as the plugin wants.`}
          min={10}
          max={86_400}
          suffix=" s"
          value={own.every_seconds}
          onChange={(next) => onChange({ every_seconds: typeof next === 'number' ? next : '' })}
          error={errors['every_seconds']}
        />
      )}
      {plugin.collects && (
        <Switch
          label="Runs by itself"
          checked={own.is_enabled}
          onChange={(event) => onChange({ is_enabled: event.currentTarget.checked })}
        />
      )}
    </>
  );
}

const faultsOf = (trial: Trial | undefined, plugin: PluginDetail) =>
  Object.fromEntries(
    (trial?.faults ?? []).map(({ field, detail }) => {
      const found = plugin.form.find(({ name }) => name === field.split('.')[0]);
      return [found ? fieldName(found) : field, detail];
    }),
  );

/** The form of an instance, as its plugin describes it; it can be tried before it is saved. */
export function InstanceForm({ plugin, instance, onSaved, onCancel }: InstanceFormProps) {
  const save = useSaveInstance(instance?.id ?? null);
  const trial = useTry(instance?.id ?? null);
  const [values, setValues] = useState(() => valuesOf(plugin.form, instance?.settings));
  const [own, setOwn] = useState<OwnValues>({
    name: instance?.name ?? plugin.title,
    server_id: instance?.server_id ?? '',
    every_seconds:
      instance && instance.every_seconds !== plugin.every_seconds ? instance.every_seconds : '',
    is_enabled: instance?.is_enabled ?? true,
  });
  const change = (part: Partial<OwnValues>) => setOwn((old) => ({ ...old, ...part }));
  const split = splitProblem(save.error, [...OWN_FIELDS, ...plugin.form.map(fieldName)]);
  const errors = { ...faultsOf(trial.data, plugin), ...(save.error ? split.fields : {}) };
  const written = (): InstanceWrite => ({
    name: own.name,
    plugin: plugin.name,
    server_id: own.server_id || null,
    every_seconds: own.every_seconds || null,
    is_enabled: own.is_enabled,
    ...splitValues(plugin.form, values),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(written(), { onSuccess: onSaved });
      }}
    >
      <Stack gap="md" maw={640}>
        <TextInput
          label="Name"
          description="As it stands in lists and alerts."
          required
          value={own.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
          error={errors['name']}
        />
        <GeneratedFields
          fields={plugin.form}
          values={values}
          onChange={(name, value) => setValues((old) => ({ ...old, [name]: value }))}
          errors={errors}
          kept={instance?.secrets_set ?? []}
        />
        <OwnFields plugin={plugin} own={own} errors={errors} onChange={change} />
        {trial.data && <TrialResult trial={trial.data} />}
        {trial.error && <ProblemAlert error={trial.error} what="It could not be tried" />}
        <FormActions
          submitLabel={instance === null ? 'Add it' : 'Save'}
          isBusy={save.isPending}
          error={save.error ? split.rest : null}
          onCancel={onCancel}
        >
          <Button
            variant="default"
            loading={trial.isPending}
            onClick={() => trial.mutate(written())}
          >
            Test
          </Button>
        </FormActions>
      </Stack>
    </form>
  );
}
