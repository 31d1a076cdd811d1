import {
  Autocomplete,
  Group,
  List,
  Modal,
  NativeSelect,
  NumberInput,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { splitProblem } from '@/api/field-errors';
import { toProblem } from '@/api/problem';
import { FormActions } from '@/components/form-actions';
import type { MaintenanceWindow, WindowWish } from '../api';
import { localFromNow, OWN_ZONE } from '../local-time';
import { useSaveWindow, windowPreviewQuery } from '../silences-api';
import { Effect } from './effect';
import { complete, MatchersInput } from './matchers-input';

const FIELDS = ['name', 'zone', 'start', 'duration_seconds', 'rule', 'reason'];
const OFTEN = [
  { value: '', label: 'Once' },
  { value: 'FREQ=DAILY', label: 'Every day' },
  { value: 'FREQ=WEEKLY', label: 'Every week' },
  { value: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', label: 'On working days' },
  { value: 'FREQ=WEEKLY;BYDAY=SA,SU', label: 'On Saturdays and Sundays' },
  { value: 'FREQ=MONTHLY', label: 'Every month on that day' },
  { value: 'FREQ=MONTHLY;BYDAY=1SU', label: 'On the first Sunday of the month' },
];
const OTHER = { value: 'other', label: 'By a rule of your own' };
const ZONES = Intl.supportedValuesOf('timeZone');

type Values = Omit<WindowWish, 'duration_seconds' | 'rule'> & { hours: number; rule: string };

function initial(window: MaintenanceWindow | undefined): Values {
  return {
    name: window?.name ?? '',
    is_enabled: window?.is_enabled ?? true,
    zone: window?.zone ?? OWN_ZONE,
    start: window?.start ?? localFromNow(3_600_000),
    hours: (window?.duration_seconds ?? 3_600) / 3_600,
    rule: window?.rule ?? '',
    matchers: window?.matchers ?? [],
    reason: window?.reason ?? '',
  };
}

function wishOf({ hours, matchers, ...values }: Values): WindowWish {
  return {
    ...values,
    duration_seconds: Math.round(hours * 3_600),
    matchers: complete(matchers ?? []),
  };
}

/** The next times, as the server counts them; its refusals stand in the place of them. */
function NextTimes({ wish }: { wish: WindowWish }) {
  const preview = useQuery(windowPreviewQuery({ ...wish, name: wish.name || 'preview' }));
  if (preview.isError)
    return (
      <Text size="sm" c="red.9" role="alert">
        {toProblem(preview.error).message}
      </Text>
    );
  if (!preview.data) return null;
  const shown = (text: string) =>
    new Date(text).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'short' });
  return (
    <div role="status">
      <Text size="sm" fw={600}>
        {preview.data.next.length > 0 ? `Next, in ${OWN_ZONE}:` : 'It does not open any more.'}
      </Text>
      <List size="sm">
        {preview.data.next.map(({ start, end }) => (
          <List.Item key={start}>
            {shown(start)} to {shown(end)}
          </List.Item>
        ))}
      </List>
    </div>
  );
}

function RuleInput({
  value,
  onChange,
  error,
}: {
  value: string;
  onChange: (rule: string) => void;
  error: React.ReactNode;
}) {
  const isKnown = OFTEN.some((one) => one.value === value);
  return (
    <>
      <NativeSelect
        label="How often"
        data={[...OFTEN, OTHER]}
        value={isKnown ? value : OTHER.value}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          onChange(chosen === OTHER.value ? 'FREQ=MONTHLY;BYDAY=2TU' : chosen);
        }}
        error={isKnown ? error : undefined}
      />
      {!isKnown && (
        <TextInput
          label="Rule"
          description="As calendars write it (RFC 5545): FREQ=WEEKLY;INTERVAL=2;BYDAY=SA."
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
          error={error}
        />
      )}
    </>
  );
}

function WindowForm({
  window,
  onDone,
}: {
  window: MaintenanceWindow | undefined;
  onDone: () => void;
}) {
  const save = useSaveWindow(window?.id ?? null);
  const form = useForm({ initialValues: initial(window) });
  const [asked] = useDebouncedValue(form.values, 300);
  const submit = (values: Values) =>
    save.mutate(wishOf(values), {
      onSuccess: onDone,
      onError: (error) => {
        const { fields } = splitProblem(error, FIELDS);
        const { duration_seconds, ...rest } = fields;
        form.setErrors(duration_seconds ? { ...rest, hours: duration_seconds } : rest);
      },
    });
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md">
        <TextInput label="Name" required data-autofocus {...form.getInputProps('name')} />
        <Group grow align="flex-start">
          <TextInput
            type="datetime-local"
            label="First begins"
            description="On the clock of that time zone."
            required
            {...form.getInputProps('start')}
          />
          <NumberInput
            label="Lasts"
            suffix=" h"
            description="Real hours."
            min={1 / 60}
            max={744}
            decimalScale={2}
            {...form.getInputProps('hours')}
          />
        </Group>
        <Autocomplete
          label="Time zone"
          data={ZONES}
          limit={12}
          required
          {...form.getInputProps('zone')}
        />
        <RuleInput
          value={form.values.rule}
          onChange={(rule) => form.setFieldValue('rule', rule)}
          error={form.errors.rule}
        />
        <NextTimes wish={wishOf(asked)} />
        <MatchersInput
          value={form.values.matchers ?? []}
          onChange={(value) => form.setFieldValue('matchers', value)}
          emptyMeans="Without a condition it keeps every alert quiet."
        />
        <Effect matchers={complete(asked.matchers ?? [])} />
        <TextInput label="Why" {...form.getInputProps('reason')} />
        <Switch label="It counts" {...form.getInputProps('is_enabled', { type: 'checkbox' })} />
        <FormActions
          submitLabel={window ? 'Save' : 'Add the window'}
          isBusy={save.isPending}
          error={save.error ? splitProblem(save.error, FIELDS).rest : null}
          onCancel={onDone}
        />
      </Stack>
    </form>
  );
}

interface WindowDialogProps {
  isOpen: boolean;
  onClose: () => void;
  window?: MaintenanceWindow | undefined;
}

export function WindowDialog({ isOpen, onClose, window }: WindowDialogProps) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      size="lg"
      title={window ? `Change ${window.name}` : 'Add a maintenance window'}
    >
      <WindowForm window={window} onDone={onClose} />
    </Modal>
  );
}
