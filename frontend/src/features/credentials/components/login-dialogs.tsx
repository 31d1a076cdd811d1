import { Modal, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import { SecretInput } from '@/components/secret-input';
import { useEditLogin, useStoreLogin, type Login } from '../api';

const FIELDS = ['name', 'username', 'password'];
const needs = (what: string) => (value: string) => (value.trim() ? null : what);

interface StoreLoginDialogProps {
  onClose: () => void;
  onMade: (login: Login) => void;
}

export function StoreLoginDialog({ onClose, onMade }: StoreLoginDialogProps) {
  const store = useStoreLogin();
  const form = useForm({
    initialValues: { name: '', username: '', password: '' },
    validate: {
      name: needs('Give it a name.'),
      username: needs('Enter the account on the machine.'),
      password: (value) => (value ? null : 'Enter the password.'),
    },
  });
  const submit = form.onSubmit((values) =>
    store.mutate(values, {
      onSuccess: onMade,
      onError: (error) => form.setErrors(splitProblem(error, FIELDS).fields),
    }),
  );
  return (
    <Modal opened onClose={onClose} title="Store a login">
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextInput
            label="Name"
            description="What you call it, such as “admin on the NAS”."
            autoComplete="off"
            data-autofocus
            required
            {...form.getInputProps('name')}
          />
          <TextInput
            label="User name"
            description="The account on the machine."
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            {...form.getInputProps('username')}
          />
          <PasswordInput
            label="Password"
            autoComplete="off"
            required
            {...form.getInputProps('password')}
          />
          <FormActions
            submitLabel="Store"
            isBusy={store.isPending}
            error={store.error ? splitProblem(store.error, FIELDS).rest : undefined}
            onCancel={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}

export function EditLoginDialog({ login, onClose }: { login: Login; onClose: () => void }) {
  const edit = useEditLogin(login.id);
  const form = useForm({
    initialValues: { name: login.name, username: login.username, password: '' },
    validate: {
      name: needs('Give it a name.'),
      username: needs('Enter the account on the machine.'),
    },
  });
  const submit = form.onSubmit(({ name, username, password }) =>
    edit.mutate(
      { name, username, ...(password ? { password } : {}) },
      {
        onSuccess: onClose,
        onError: (error) => form.setErrors(splitProblem(error, FIELDS).fields),
      },
    ),
  );
  return (
    <Modal opened onClose={onClose} title={`Edit the login ${login.name}`}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextInput label="Name" autoComplete="off" required {...form.getInputProps('name')} />
          <TextInput
            label="User name"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            {...form.getInputProps('username')}
          />
          <SecretInput
            label="Password"
            description="Servers that use it connect anew with the new one."
            isSet
            value={form.values.password}
            onChange={(password) => form.setFieldValue('password', password)}
          />
          <FormActions
            submitLabel="Save"
            isBusy={edit.isPending}
            error={edit.error ? splitProblem(edit.error, FIELDS).rest : undefined}
            onCancel={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}
