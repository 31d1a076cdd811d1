import { PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import { useSetUp } from '../api';
import { Door } from './door';

const SHORTEST_PASSWORD = 10;

export function SetupPage({ onEntered }: { onEntered: () => void }) {
  const setUp = useSetUp();
  const form = useForm({
    initialValues: { token: '', name: '', full_name: '', password: '', again: '' },
    validate: {
      password: (value) =>
        value.length < SHORTEST_PASSWORD ? `At least ${SHORTEST_PASSWORD} characters.` : null,
      again: (value, { password }) => (value === password ? null : 'The two passwords differ.'),
    },
  });
  const problem = setUp.error ? splitProblem(setUp.error, Object.keys(form.values)) : null;
  const submit = ({ token, name, full_name, password }: typeof form.values) =>
    setUp.mutate(
      { token: token.trim(), name, full_name, password },
      {
        onSuccess: onEntered,
        onError: (error) => form.setErrors(splitProblem(error, Object.keys(form.values)).fields),
      },
    );
  return (
    <Door
      title="Make the first admin"
      lead={
        <>
          Unity wrote a token to its console when it started. It is valid for an hour;{' '}
          <code>unity user setup-token</code> writes a new one.
        </>
      }
    >
      <form onSubmit={form.onSubmit(submit)}>
        <Stack gap="md">
          <TextInput
            label="Token from the console"
            autoComplete="off"
            spellCheck={false}
            autoFocus
            required
            {...form.getInputProps('token')}
          />
          <TextInput
            label="Name"
            description="What you will type to log in: small letters, digits, dot, dash."
            autoComplete="username"
            autoCapitalize="none"
            required
            {...form.getInputProps('name')}
          />
          <TextInput label="Full name" autoComplete="name" {...form.getInputProps('full_name')} />
          <PasswordInput
            label="Password"
            description="At least 10 characters; a few unrelated words are good."
            autoComplete="new-password"
            required
            {...form.getInputProps('password')}
          />
          <PasswordInput
            label="Password again"
            autoComplete="new-password"
            required
            {...form.getInputProps('again')}
          />
          <FormActions
            submitLabel="Make the admin"
            isBusy={setUp.isPending}
            error={problem?.rest}
          />
        </Stack>
      </form>
    </Door>
  );
}
