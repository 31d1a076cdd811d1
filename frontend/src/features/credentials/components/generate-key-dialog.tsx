import { Modal, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { splitProblem } from '@/api/field-errors';
import type { components } from '@/api/schema';
import { FormActions } from '@/components/form-actions';
import { useGenerateKey, type SSHKey } from '../api';

type Kind = components['schemas']['KeyKind'];

const KINDS: { value: Kind; label: string }[] = [
  { value: 'ed25519', label: 'Ed25519' },
  { value: 'rsa-4096', label: 'RSA, 4096 bit' },
  { value: 'ecdsa-p256', label: 'ECDSA, P-256' },
];
const FIELDS = ['name', 'kind'];

interface GenerateKeyDialogProps {
  onClose: () => void;
  onMade: (key: SSHKey) => void;
}

export function GenerateKeyDialog({ onClose, onMade }: GenerateKeyDialogProps) {
  const generate = useGenerateKey();
  const form = useForm({
    initialValues: { name: '', kind: 'ed25519' as Kind },
    validate: { name: (name) => (name.trim() ? null : 'Give it a name.') },
  });
  const submit = form.onSubmit((values) =>
    generate.mutate(values, {
      onSuccess: onMade,
      onError: (error) => form.setErrors(splitProblem(error, FIELDS).fields),
    }),
  );
  return (
    <Modal opened onClose={onClose} title="Generate an SSH key">
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextInput
            label="Name"
            autoComplete="off"
            data-autofocus
            required
            {...form.getInputProps('name')}
          />
          <Select
            label="Kind"
            description="Ed25519, unless a machine is too old to know it."
            data={KINDS}
            allowDeselect={false}
            {...form.getInputProps('kind')}
          />
          <FormActions
            submitLabel="Generate"
            isBusy={generate.isPending}
            error={generate.error ? splitProblem(generate.error, FIELDS).rest : undefined}
            onCancel={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}
