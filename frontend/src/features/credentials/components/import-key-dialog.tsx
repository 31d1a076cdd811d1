import {
  FileButton,
  Button,
  Modal,
  PasswordInput,
  Stack,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import { useImportKey, type SSHKey } from '../api';

const FIELDS = ['name', 'private_key', 'passphrase'];

interface ImportKeyDialogProps {
  onClose: () => void;
  onMade: (key: SSHKey) => void;
}

export function ImportKeyDialog({ onClose, onMade }: ImportKeyDialogProps) {
  const take = useImportKey();
  const form = useForm({
    initialValues: { name: '', private_key: '', passphrase: '' },
    validate: {
      name: (name) => (name.trim() ? null : 'Give it a name.'),
      private_key: (text) => (text.trim() ? null : 'Paste the private key, or choose its file.'),
    },
  });
  const submit = form.onSubmit(({ name, private_key, passphrase }) =>
    take.mutate(
      { name, private_key, passphrase: passphrase || null },
      {
        onSuccess: onMade,
        onError: (error) => form.setErrors(splitProblem(error, FIELDS).fields),
      },
    ),
  );
  const read = async (file: File | null) => {
    if (!file) return;
    form.setFieldValue('private_key', await file.text());
    if (!form.values.name) form.setFieldValue('name', file.name);
  };
  return (
    <Modal opened onClose={onClose} title="Import an SSH key" size="lg">
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextInput
            label="Name"
            autoComplete="off"
            data-autofocus
            required
            {...form.getInputProps('name')}
          />
          <Textarea
            label="Private key"
            description="The file as it is, such as ~/.ssh/id_ed25519: OpenSSH's form or PEM."
            placeholder="-----BEGIN OPENSSH PRIVATE KEY-----"
            autoComplete="off"
            spellCheck={false}
            minRows={6}
            maxRows={10}
            autosize
            required
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
            {...form.getInputProps('private_key')}
          />
          <div>
            <FileButton onChange={(file) => void read(file)}>
              {(props) => (
                <Button {...props} size="xs" variant="default">
                  Choose a file
                </Button>
              )}
            </FileButton>
          </div>
          <PasswordInput
            label="Passphrase"
            description="Only when the key file is encrypted."
            autoComplete="off"
            {...form.getInputProps('passphrase')}
          />
          <FormActions
            submitLabel="Import"
            isBusy={take.isPending}
            error={take.error ? splitProblem(take.error, FIELDS).rest : undefined}
            onCancel={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}
