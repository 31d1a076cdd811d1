import { PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { splitProblem } from '@/api/field-errors';
import { usePasswordRule } from '@/api/session';
import { FormActions } from '@/components/form-actions';
import { useSetUp } from '../api';
import { Door } from './door';

interface SetupPageProps {
  onEntered: () => void;
  /** The settings demand a second factor, which the login page sets up. */
  onHalfway?: () => void;
}

export function SetupPage({ onEntered, onHalfway = onEntered }: SetupPageProps) {
  const setUp = useSetUp();
  const rule = usePasswordRule();
  const form = useForm({
    initialValues: { token: '', name: '', full_name: '', password: '', again: '' },
    validate: {
      password: rule.fault,
      again: (value, { password }) => (value === password ? null : 'The two passwords differ.'),
    },
  });
  const problem = setUp.error ? splitProblem(setUp.error, Object.keys(form.values)) : null;
  const submit = ({ token, name, full_name, password }: typeof form.values) =>
    setUp.mutate(
      { token: token.trim(), name, full_name, password },
      {
        onSuccess: ({ user }) => (user ? onEntered() : onHalfway()),
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
            description={rule.hint}
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
