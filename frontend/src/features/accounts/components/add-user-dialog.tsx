import { Modal, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { splitProblem } from '@/api/field-errors';
import { usePasswordRule } from '@/api/session';
import { FormActions } from '@/components/form-actions';
import { useAddUser, type Role } from '../api';
import { RoleSelect } from './role-select';

const FIELDS = ['name', 'full_name', 'role', 'password'];

function AddUserForm({ onClose }: { onClose: () => void }) {
  const add = useAddUser();
  const rule = usePasswordRule();
  const form = useForm({
    initialValues: { name: '', full_name: '', role: 'viewer' as Role, password: '' },
    validate: { password: rule.fault },
  });
  const submit = (values: typeof form.values) =>
    add.mutate(values, {
      onSuccess: onClose,
      onError: (error) => form.setErrors(splitProblem(error, FIELDS).fields),
    });
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md">
        <TextInput
          label="Name"
          description="What they will type to log in: small letters, digits, dot, dash."
          autoComplete="off"
          autoCapitalize="none"
          data-autofocus
          required
          {...form.getInputProps('name')}
        />
        <TextInput label="Full name" autoComplete="off" {...form.getInputProps('full_name')} />
        <RoleSelect {...form.getInputProps('role')} />
        <PasswordInput
          label="First password"
          description={`${rule.hint} Tell it to them; they can change it.`}
          autoComplete="new-password"
          required
          {...form.getInputProps('password')}
        />
        <FormActions
          submitLabel="Add the user"
          isBusy={add.isPending}
          error={add.error ? splitProblem(add.error, FIELDS).rest : null}
          onCancel={onClose}
        />
      </Stack>
    </form>
  );
}

export function AddUserDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Add a user">
      <AddUserForm onClose={onClose} />
    </Modal>
  );
}
