import { Modal, Radio, Stack, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import { useSaveDestination, type Destination } from '../api';
import { KINDS, toWrite, valuesOf, type DestinationValues } from '../values';
import { DestinationFields, RetentionFields } from './destination-fields';

interface DialogProps {
  /** Null adds a new one. */
  destination: Destination | null;
  onClose: () => void;
  onSaved: (saved: Destination) => void;
}

function DestinationForm({ destination, onClose, onSaved }: DialogProps) {
  const save = useSaveDestination(destination?.id ?? null);
  const form = useForm<DestinationValues>({ initialValues: valuesOf(destination) });
  const known = Object.keys(form.values);
  const submit = (values: DestinationValues) =>
    save.mutate(toWrite(values), {
      onSuccess: onSaved,
      onError: (error) => form.setErrors(splitProblem(error, known).fields),
    });
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md">
        <TextInput
          label="Name"
          placeholder="nas"
          data-autofocus
          required
          autoComplete="off"
          {...form.getInputProps('name')}
        />
        <Radio.Group label="Kind" {...form.getInputProps('kind')}>
          <Stack gap="xs" mt={4}>
            {KINDS.map((kind) => (
              <Radio key={kind.value} {...kind} />
            ))}
          </Stack>
        </Radio.Group>
        <DestinationFields
          key={form.values.kind}
          form={form}
          hasSecret={destination?.kind === form.values.kind && destination.has_secret}
        />
        <RetentionFields form={form} />
        <Switch
          label="Copy backups there"
          {...form.getInputProps('is_enabled', { type: 'checkbox' })}
        />
        <FormActions
          submitLabel={destination === null ? 'Add the destination' : 'Save'}
          isBusy={save.isPending}
          error={save.error ? splitProblem(save.error, known).rest : null}
          onCancel={onClose}
        />
      </Stack>
    </form>
  );
}

/** Where backups are copied to; what is kept secret stays when its field is left alone. */
export function DestinationDialog(props: DialogProps & { isOpen: boolean }) {
  const { isOpen, ...form } = props;
  const title = form.destination === null ? 'Add a destination' : `Change ${form.destination.name}`;
  return (
    <Modal opened={isOpen} onClose={form.onClose} title={title} size="lg">
      <DestinationForm {...form} />
    </Modal>
  );
}
