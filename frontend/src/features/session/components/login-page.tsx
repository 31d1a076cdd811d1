import { PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { FormActions } from '@/components/form-actions';
import { useLogIn } from '../api';
import { Door } from './door';

export function LoginPage({ onEntered }: { onEntered: () => void }) {
  const logIn = useLogIn();
  const form = useForm({ initialValues: { name: '', password: '' } });
  return (
    <Door title="Log in">
      <form
        onSubmit={form.onSubmit((values) =>
          logIn.mutate(values, {
            onSuccess: onEntered,
            onError: () => form.setFieldValue('password', ''),
          }),
        )}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            autoComplete="username"
            autoCapitalize="none"
            autoFocus
            required
            {...form.getInputProps('name')}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            {...form.getInputProps('password')}
          />
          <FormActions submitLabel="Log in" isBusy={logIn.isPending} error={logIn.error} />
          <Text size="xs" c="dimmed">
            Forgotten? On the machine that runs Unity: <code>unity user reset-password NAME</code>
          </Text>
        </Stack>
      </form>
    </Door>
  );
}
