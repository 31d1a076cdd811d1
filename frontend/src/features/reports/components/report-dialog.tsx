import {
  Group,
  Modal,
  MultiSelect,
  NativeSelect,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import {
  channelNamesQuery,
  groupNamesQuery,
  useSaveReport,
  type HealthReport,
  type HealthReportWish,
} from '../api';
import { WEEKDAYS } from '../words';

const FIELDS = ['name', 'group_id', 'weekday', 'clock', 'zone', 'channel_ids'];
const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
// UTC is a zone that browsers know and do not list.
const ZONES = [...new Set([OWN_ZONE, 'UTC', ...Intl.supportedValuesOf('timeZone')])];
const DAYS = WEEKDAYS.map((label, day) => ({ value: String(day), label }));

type Values = Required<Omit<HealthReportWish, 'weekday' | 'group_id' | 'zone'>> & {
  weekday: string;
  group_id: string | null;
  zone: string | null;
};

function initial(report: HealthReport | undefined): Values {
  return {
    name: report?.name ?? 'Weekly health',
    group_id: report?.group_id ?? null,
    is_enabled: report?.is_enabled ?? true,
    weekday: String(report?.weekday ?? 0),
    clock: report?.clock ?? '07:00',
    zone: report === undefined ? OWN_ZONE : report.zone || null,
    channel_ids: report?.channel_ids ?? [],
  };
}

const wishOf = (values: Values): HealthReportWish => ({
  ...values,
  weekday: Number(values.weekday),
  zone: values.zone ?? '',
});

function Form({ report, onDone }: { report: HealthReport | undefined; onDone: () => void }) {
  const save = useSaveReport(report?.id ?? null);
  const form = useForm({ initialValues: initial(report) });
  const channels = useQuery(channelNamesQuery).data ?? [];
  const groups = useQuery(groupNamesQuery).data ?? [];
  const split = splitProblem(save.error, FIELDS);
  const submit = (values: Values) =>
    save.mutate(wishOf(values), {
      onSuccess: onDone,
      onError: (error) => form.setErrors(splitProblem(error, FIELDS).fields),
    });
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md">
        <TextInput label="Name" required data-autofocus {...form.getInputProps('name')} />
        <Select
          label="About"
          description="A group, when its readers should know of nothing else."
          placeholder="Everything"
          clearable
          searchable
          data={groups.map(({ id, name }) => ({ value: id, label: name }))}
          {...form.getInputProps('group_id')}
        />
        <Group grow align="flex-start">
          <NativeSelect label="Day" data={DAYS} {...form.getInputProps('weekday')} />
          <TextInput type="time" label="Time" required {...form.getInputProps('clock')} />
        </Group>
        <Select
          label="Time zone"
          placeholder="That of Unity's settings"
          clearable
          searchable
          limit={50}
          data={ZONES}
          {...form.getInputProps('zone')}
        />
        <MultiSelect
          label="Channels"
          description="Mail gets the page with its charts; every other channel gets the text."
          placeholder={form.values.channel_ids.length === 0 ? 'Nobody yet' : undefined}
          searchable
          data={channels.map(({ id, name }) => ({ value: id, label: name }))}
          {...form.getInputProps('channel_ids')}
        />
        {channels.length === 0 && (
          <Text size="sm" c="dimmed">
            There is no channel yet: add one under Alerts → Notifications. Until then reports are
            kept in the list here.
          </Text>
        )}
        <Switch
          label="Send it every week"
          {...form.getInputProps('is_enabled', { type: 'checkbox' })}
        />
        <FormActions
          submitLabel={report === undefined ? 'Plan the report' : 'Save'}
          isBusy={save.isPending}
          error={save.error ? split.rest : null}
          onCancel={onDone}
        />
      </Stack>
    </form>
  );
}

interface ReportDialogProps {
  isOpen: boolean;
  onClose: () => void;
  report: HealthReport | undefined;
}

/** What a report is about, when it comes and to whom. */
export function ReportDialog({ isOpen, onClose, report }: ReportDialogProps) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={report === undefined ? 'Plan a report' : `Change ${report.name}`}
    >
      <Form report={report} onDone={onClose} />
    </Modal>
  );
}
