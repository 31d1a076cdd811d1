import { Button, Modal, NumberInput, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { splitProblem } from '@/api/field-errors';
import { useMay } from '@/api/session';
import { Faces } from '@/components/faces';
import { FormActions } from '@/components/form-actions';
import { Item, ItemList } from '@/components/item-list';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { plural } from '@/lib/format';
import { retentionQuery, useSetRetention, type Retention, type RetentionWish } from '../api';

const KINDS: Partial<Record<Retention['kind'], string>> = {
  server: 'Servers',
  storage_device: 'Drives',
  storage_pool: 'Pools',
  database_instance: 'Databases',
  filesystem: 'File systems',
};

type Period = keyof Retention['effective'];
const PERIODS: readonly { key: Period; label: string; about: string }[] = [
  { key: 'raw_days', label: 'Samples', about: 'As they were read.' },
  { key: 'five_minute_days', label: '5-minute values', about: 'Least, mean and greatest.' },
  { key: 'hour_days', label: 'Hourly values', about: 'What charts of months show.' },
  { key: 'day_days', label: 'Daily values', about: 'What charts of years show.' },
  { key: 'history_days', label: 'History', about: 'Changes, tests, alerts that are over.' },
];

// An empty field is an empty text for the input, and null for the server.
type Values = Record<Period, number | ''>;

const wishOf = (values: Values): RetentionWish =>
  Object.fromEntries(PERIODS.map(({ key }) => [key, values[key] === '' ? null : values[key]]));

function RetentionForm({ retention, onDone }: { retention: Retention; onDone: () => void }) {
  const save = useSetRetention(retention.kind);
  const own = Object.fromEntries(PERIODS.map(({ key }) => [key, retention.own[key] ?? '']));
  const form = useForm({ initialValues: own as Values });
  const fields = PERIODS.map(({ key }) => key);
  const submit = (values: Values) =>
    save.mutate(wishOf(values), {
      onSuccess: onDone,
      onError: (error) => form.setErrors(splitProblem(error, fields).fields),
    });
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          In days. What is left empty is kept for the usual time. What is past its time goes with
          the next clean-up and does not come back.
        </Text>
        {PERIODS.map(({ key, label, about }, place) => (
          <NumberInput
            key={key}
            label={label}
            description={about}
            placeholder={retention.own[key] == null ? String(retention.effective[key]) : undefined}
            min={1}
            max={36_525}
            allowDecimal={false}
            data-autofocus={place === 0 || undefined}
            {...form.getInputProps(key)}
          />
        ))}
        <FormActions
          submitLabel="Save"
          isBusy={save.isPending}
          error={save.error ? splitProblem(save.error, fields).rest : null}
          onCancel={onDone}
        />
      </Stack>
    </form>
  );
}

/** For how long each kind of thing is remembered. */
export function RetentionSection() {
  const table = useQuery(retentionQuery);
  const mayChange = useMay('settings:manage');
  const [open, setOpen] = useState<Retention | null>(null);
  const named = (kind: Retention['kind']) => KINDS[kind] ?? kind;
  return (
    <Section title="How long things are remembered">
      <Faces
        query={table}
        what="The periods could not be read"
        skeleton={<RowsSkeleton rows={5} />}
      >
        {({ kinds }) => (
          <ItemList label="Periods by kind">
            {kinds.map((one) => {
              const own = PERIODS.filter(({ key }) => one.own[key] != null).length;
              return (
                <Item
                  key={one.kind}
                  name={named(one.kind)}
                  note={own === 0 ? 'the usual periods' : `${plural(own, 'period')} of its own`}
                  facts={PERIODS.map(
                    ({ key, label }) => `${label}: ${plural(one.effective[key], 'day')}`,
                  )}
                  actions={
                    mayChange && (
                      <Button
                        size="xs"
                        variant="default"
                        aria-label={`Change how long ${named(one.kind)} are remembered`}
                        onClick={() => setOpen(one)}
                      >
                        Change
                      </Button>
                    )
                  }
                />
              );
            })}
          </ItemList>
        )}
      </Faces>
      <Modal
        opened={open !== null}
        onClose={() => setOpen(null)}
        title={open === null ? '' : `How long ${named(open.kind).toLowerCase()} are remembered`}
      >
        {open !== null && <RetentionForm retention={open} onDone={() => setOpen(null)} />}
      </Modal>
    </Section>
  );
}
