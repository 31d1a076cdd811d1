import { Button, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import { useChangeSchedule, type Job } from '../api';
import { inWords } from '../trigger';

interface ScheduleDialogProps {
  job: Job;
  isOpen: boolean;
  onClose: () => void;
}

function ScheduleForm({ job, onClose }: Omit<ScheduleDialogProps, 'isOpen'>) {
  const change = useChangeSchedule(job.name);
  const form = useForm({
    initialValues: { trigger: job.trigger },
    validate: {
      trigger: (value) =>
        /^(every|cron) \S/.test(value.trim())
          ? null
          : 'Begin with “every” or “cron”, such as every 10m.',
    },
  });
  const save = (trigger: string | null) =>
    change.mutate(trigger, {
      onSuccess: onClose,
      onError: (error) => form.setErrors(splitProblem(error, ['trigger']).fields),
    });
  const rest = change.error ? splitProblem(change.error, ['trigger']).rest : null;
  return (
    <form onSubmit={form.onSubmit(({ trigger }) => save(trigger.trim()))}>
      <Stack gap="md">
        <TextInput
          label="When it runs"
          description="every 30s, every 5m, every 6h, every 1d; or cron and minute, hour, day, month, weekday in UTC: cron 30 3 * * 1-5"
          spellCheck={false}
          autoComplete="off"
          data-autofocus
          required
          {...form.getInputProps('trigger')}
        />
        <FormActions
          submitLabel="Save the schedule"
          isBusy={change.isPending}
          error={rest}
          onCancel={onClose}
        >
          {job.trigger !== job.default_trigger && job.default_trigger !== '' && (
            <Button variant="default" onClick={() => save(null)}>
              Back to {inWords(job.default_trigger)}
            </Button>
          )}
        </FormActions>
      </Stack>
    </form>
  );
}

/** Another interval or time of day for a job; it counts at once. */
export function ScheduleDialog({ job, isOpen, onClose }: ScheduleDialogProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={`When to run “${job.title}”`}>
      <ScheduleForm job={job} onClose={onClose} />
    </Modal>
  );
}
