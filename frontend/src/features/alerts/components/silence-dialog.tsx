import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDebouncedValue } from '@mantine/hooks';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import type { Matcher, Silence } from '../api';
import { fromLocal, localFromNow, toLocal } from '../local-time';
import { useSilence } from '../silences-api';
import { Effect } from './effect';
import { complete, MatchersInput, NEW_MATCHER } from './matchers-input';

interface SilenceFormProps {
  /** What to start from: the conditions of an alert, or a silence that is changed. */
  matchers?: Matcher[] | undefined;
  silence?: Silence | undefined;
  onDone: () => void;
}

const FIELDS = ['reason', 'starts_at', 'ends_at'];
const HOUR = 3_600_000;
const SPANS: readonly (readonly [string, number])[] = [
  ['1 h', HOUR],
  ['8 h', 8 * HOUR],
  ['1 d', 24 * HOUR],
  ['7 d', 7 * 24 * HOUR],
];

function SilenceForm({ matchers, silence, onDone }: SilenceFormProps) {
  const save = useSilence(silence?.id ?? null);
  const form = useForm({
    initialValues: {
      matchers: silence?.matchers ?? matchers ?? [NEW_MATCHER],
      reason: silence?.reason ?? '',
      starts_at: silence ? toLocal(new Date(silence.starts_at)) : '',
      ends_at: silence ? toLocal(new Date(silence.ends_at)) : localFromNow(8 * HOUR),
    },
  });
  const [asked] = useDebouncedValue(form.values.matchers, 300);
  const submit = ({ starts_at, ends_at, reason, ...values }: typeof form.values) =>
    save.mutate(
      {
        matchers: complete(values.matchers),
        reason,
        starts_at: starts_at === '' ? null : fromLocal(starts_at),
        ends_at: fromLocal(ends_at),
      },
      {
        onSuccess: onDone,
        onError: (error) => form.setErrors(splitProblem(error, FIELDS).fields),
      },
    );
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md">
        <MatchersInput
          value={form.values.matchers}
          onChange={(value) => form.setFieldValue('matchers', value)}
          emptyMeans="A silence needs at least one condition."
        />
        <Effect matchers={complete(asked)} />
        <TextInput
          label="Why"
          description="Others read it beside the alerts that they do not hear of."
          required
          maxLength={500}
          {...form.getInputProps('reason')}
        />
        <Group grow align="flex-start">
          <TextInput
            type="datetime-local"
            label="From"
            description="Empty: now."
            {...form.getInputProps('starts_at')}
          />
          <TextInput
            type="datetime-local"
            label="Until"
            description="In your time zone."
            required
            {...form.getInputProps('ends_at')}
          />
        </Group>
        <Group gap="xs" role="group" aria-label="From now on for">
          {SPANS.map(([word, milliseconds]) => (
            <Button
              key={word}
              size="compact-xs"
              variant="default"
              onClick={() => form.setFieldValue('ends_at', localFromNow(milliseconds))}
            >
              {word}
            </Button>
          ))}
        </Group>
        <FormActions
          submitLabel={silence ? 'Save' : 'Silence'}
          isBusy={save.isPending}
          error={save.error ? splitProblem(save.error, FIELDS).rest : null}
          onCancel={onDone}
        />
      </Stack>
    </form>
  );
}

export function SilenceDialog({
  isOpen,
  onClose,
  ...rest
}: Omit<SilenceFormProps, 'onDone'> & { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      size="lg"
      title={rest.silence ? 'Change the silence' : 'Silence alerts'}
    >
      <SilenceForm {...rest} onDone={onClose} />
    </Modal>
  );
}
