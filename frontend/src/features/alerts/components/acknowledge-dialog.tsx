import { Button, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconUserCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { FormActions } from '@/components/form-actions';
import { plural } from '@/lib/format';
import { useAcknowledge, type Alert } from '../api';

interface AcknowledgeProps {
  alerts: readonly Alert[];
  onDone?: () => void;
}

function AcknowledgeForm({ alerts, onDone }: AcknowledgeProps) {
  const acknowledge = useAcknowledge();
  const form = useForm({ initialValues: { note: '' } });
  const submit = ({ note }: { note: string }) =>
    acknowledge.mutate({ ids: alerts.map(({ id }) => id), note }, { onSuccess: onDone });
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md">
        <Text size="sm">
          You take {alerts.length === 1 ? 'it' : 'them'} on: nobody is reminded any more, and it is
          still told when it is over.
        </Text>
        <Textarea
          label="Note"
          description="What you know or will do; others read it."
          maxLength={1000}
          autosize
          minRows={2}
          data-autofocus
          {...form.getInputProps('note')}
        />
        <FormActions
          submitLabel="Acknowledge"
          isBusy={acknowledge.isPending}
          error={acknowledge.error}
          onCancel={onDone}
        />
      </Stack>
    </form>
  );
}

/** The button and its dialog, for one alert or many. */
export function AcknowledgeButton({
  alerts,
  onDone,
  size = 'xs',
}: AcknowledgeProps & { size?: 'xs' | 'sm' }) {
  const [isOpen, setIsOpen] = useState(false);
  const close = () => setIsOpen(false);
  const title = alerts.length === 1 ? (alerts[0]?.title ?? '') : plural(alerts.length, 'alert');
  return (
    <>
      <Button
        size={size}
        variant="default"
        leftSection={<IconUserCheck size={16} aria-hidden />}
        onClick={() => setIsOpen(true)}
      >
        Acknowledge
      </Button>
      <Modal opened={isOpen} onClose={close} title={`Acknowledge: ${title}`}>
        <AcknowledgeForm
          alerts={alerts}
          onDone={() => {
            close();
            onDone?.();
          }}
        />
      </Modal>
    </>
  );
}
