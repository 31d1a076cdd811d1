import { Button, Radio, Stack, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import { SecretInput } from '@/components/secret-input';
import { useSaveAlarm, type AlarmChannel, type ChannelKind } from '../api';

const FIELDS = ['kind', 'url', 'token', 'is_enabled'];

interface AlarmValues {
  kind: ChannelKind;
  url: string;
  token: string;
  is_enabled: boolean;
}

interface AlarmFormProps {
  channel: AlarmChannel;
  /** After saving; the channel's own page shows what is kept. */
  onSaved: () => void;
}

/** The one address that alarms go out to. What is kept stays when its field is left alone. */
export function AlarmForm({ channel, onSaved }: AlarmFormProps) {
  const save = useSaveAlarm();
  const form = useForm<AlarmValues>({
    initialValues: {
      kind: channel.kind ?? 'ntfy',
      url: '',
      token: '',
      is_enabled: channel.is_set ? channel.is_enabled : true,
    },
    validate: {
      url: (value) => {
        if (value === '' && channel.is_set) return null;
        return /^https?:\/\/\S+$/.test(value.trim()) ? null : 'Begin with https:// or http://.';
      },
    },
  });
  const submit = ({ kind, url, token, is_enabled }: typeof form.values) =>
    save.mutate(
      { kind, url: url.trim() || null, token: token || null, is_enabled },
      {
        onSuccess: onSaved,
        onError: (error) => form.setErrors(splitProblem(error, FIELDS).fields),
      },
    );
  const withoutToken = () =>
    save.mutate({ kind: form.values.kind, url: null, token: '', is_enabled: channel.is_enabled });
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md" maw={520}>
        <Radio.Group label="Kind" {...form.getInputProps('kind')}>
          <Stack gap="xs" mt={4}>
            <Radio
              value="ntfy"
              label="ntfy"
              description="A topic at ntfy.sh or at a server of your own; it rings your phone."
            />
            <Radio
              value="webhook"
              label="webhook"
              description="Any address that takes a JSON document by POST."
            />
          </Stack>
        </Radio.Group>
        {channel.is_set ? (
          <SecretInput
            label={`Address (${channel.url_hint})`}
            isSet
            value={form.values.url}
            onChange={(url) => form.setFieldValue('url', url)}
            error={form.errors.url as string | undefined}
          />
        ) : (
          <TextInput
            label="Address"
            description="Kept encrypted, because many addresses hold a secret."
            placeholder="https://ntfy.sh/my-secret-topic"
            autoComplete="off"
            spellCheck={false}
            required
            {...form.getInputProps('url')}
          />
        )}
        <SecretInput
          label="Token"
          description="Only when the address wants one; it is sent as a bearer token."
          isSet={channel.has_token}
          value={form.values.token}
          onChange={(token) => form.setFieldValue('token', token)}
          error={form.errors.token as string | undefined}
        />
        {channel.is_set && (
          <Switch label="Send alarms" {...form.getInputProps('is_enabled', { type: 'checkbox' })} />
        )}
        <FormActions
          submitLabel="Save"
          isBusy={save.isPending}
          error={save.error ? splitProblem(save.error, FIELDS).rest : null}
        >
          {channel.has_token && (
            <Button variant="default" onClick={withoutToken}>
              Take the token away
            </Button>
          )}
        </FormActions>
      </Stack>
    </form>
  );
}
