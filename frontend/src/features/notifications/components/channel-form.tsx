import { NativeSelect, NumberInput, Stack, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { splitProblem } from '@/api/field-errors';
import { Faces } from '@/components/faces';
import { FormActions } from '@/components/form-actions';
import { GeneratedFields } from '@/components/generated-fields';
import { CardSkeleton } from '@/components/loading';
import { fieldName, splitValues, valuesOf } from '@/lib/form-values';
import {
  channelsQuery,
  formQuery,
  templatesQuery,
  useSaveChannel,
  type Channel,
  type Form,
} from '../api';

interface ChannelFormProps {
  service: string;
  channel: Channel | null;
  onSaved: (channel: Channel) => void;
  onCancel: () => void;
}

const OWN_FIELDS = ['name', 'fallback_id', 'template_id'];

function Fields({ form, channel, onSaved, onCancel }: ChannelFormProps & { form: Form }) {
  const save = useSaveChannel(channel?.id ?? null);
  const others = useQuery(channelsQuery).data ?? [];
  const templates = useQuery(templatesQuery).data ?? [];
  const [values, setValues] = useState(() => valuesOf(form.fields, channel?.settings));
  const [own, setOwn] = useState({
    name: channel?.name ?? form.service.name,
    is_enabled: channel?.is_enabled ?? true,
    has_self_test: channel?.has_self_test ?? true,
    template_id: channel?.template_id ?? '',
    fallback_id: channel?.fallback_id ?? '',
    fallback_after_minutes: channel?.fallback_after_minutes ?? 15,
    give_up_after_minutes: channel?.give_up_after_minutes ?? 1440,
  });
  const change = (part: Partial<typeof own>) => setOwn((old) => ({ ...old, ...part }));
  const names = [...OWN_FIELDS, ...form.fields.map(fieldName)];
  // A list's entry is shown at the list: settings/recipients/0.
  const split = splitProblem(save.error, names);
  const errors = save.error ? split.fields : {};
  const submit = () =>
    save.mutate(
      {
        ...own,
        service: form.service.id,
        template_id: own.template_id || null,
        fallback_id: own.fallback_id || null,
        ...splitValues(form.fields, values),
      },
      { onSuccess: onSaved },
    );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack gap="md">
        <TextInput
          label="Name"
          description="As it stands in routes and in the ledger."
          required
          value={own.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
          error={errors['name']}
        />
        <GeneratedFields
          fields={form.fields}
          values={values}
          onChange={(name, value) => setValues((old) => ({ ...old, [name]: value }))}
          errors={errors}
          kept={channel?.secrets_set ?? []}
        />
        {templates.length > 0 && (
          <NativeSelect
            label="Template"
            data={[
              { value: '', label: "Unity's own words" },
              ...templates.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            value={own.template_id}
            onChange={(event) => change({ template_id: event.currentTarget.value })}
            error={errors['template_id']}
          />
        )}
        <NativeSelect
          label="When it fails, use"
          data={[
            { value: '', label: 'nothing else' },
            ...others
              .filter(({ id }) => id !== channel?.id)
              .map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={own.fallback_id}
          onChange={(event) => change({ fallback_id: event.currentTarget.value })}
          error={errors['fallback_id']}
        />
        {own.fallback_id !== '' && (
          <NumberInput
            label="after so many minutes"
            min={1}
            max={1440}
            value={own.fallback_after_minutes}
            onChange={(next) => change({ fallback_after_minutes: Number(next) || 15 })}
          />
        )}
        <NumberInput
          label="Give up after so many minutes"
          description="The message is then a dead letter, which you can send again by hand."
          min={1}
          max={10080}
          value={own.give_up_after_minutes}
          onChange={(next) => change({ give_up_after_minutes: Number(next) || 1440 })}
        />
        <Switch
          label="Send a test every week"
          description="It proves that messages still arrive."
          checked={own.has_self_test}
          onChange={(event) => change({ has_self_test: event.currentTarget.checked })}
        />
        <Switch
          label="Send notifications"
          checked={own.is_enabled}
          onChange={(event) => change({ is_enabled: event.currentTarget.checked })}
        />
        <FormActions
          submitLabel={channel === null ? 'Add the channel' : 'Save'}
          isBusy={save.isPending}
          error={save.error ? split.rest : null}
          onCancel={onCancel}
        />
      </Stack>
    </form>
  );
}

/** The form of a channel, as its service describes it. */
export function ChannelForm(props: ChannelFormProps) {
  const form = useQuery(formQuery(props.service));
  return (
    <Faces query={form} what="The form could not be read" skeleton={<CardSkeleton height={320} />}>
      {(data) => <Fields key={data.service.id} form={data} {...props} />}
    </Faces>
  );
}
