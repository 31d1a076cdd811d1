import { Modal, Stack, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { FormActions } from '@/components/form-actions';

interface RenameDialogProps {
  title: string;
  name: string;
  onRename: (name: string) => void;
  onClose: () => void;
  isBusy: boolean;
  error: unknown;
}

export function RenameDialog({ title, name, onRename, onClose, isBusy, error }: RenameDialogProps) {
  const [typed, setTyped] = useState(name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onRename(typed.trim());
  };
  return (
    <Modal opened onClose={onClose} title={title}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            label="Name"
            autoComplete="off"
            data-autofocus
            required
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <FormActions submitLabel="Rename" isBusy={isBusy} error={error} onCancel={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
