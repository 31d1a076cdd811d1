import { PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { sessionQuery } from '@/api/session';
import { FormActions } from '@/components/form-actions';
import { useLogIn } from '../api';
import { CodeForm } from './code-form';
import { DemandedEnrolment } from './demanded-enrolment';
import { Door } from './door';
import { SignOnButtons } from './sign-on-buttons';

interface LoginPageProps {
  onEntered: () => void;
}

/** Name and password, then whatever the server still wants. */
export function LoginPage({ onEntered }: LoginPageProps) {
  const client = useQueryClient();
  const { data: session } = useQuery({ ...sessionQuery, enabled: false });
  const back = () =>
    client.setQueryData(sessionQuery.queryKey, (old) => old && { ...old, next_step: null });
  if (session?.next_step === 'second_factor')
    return <CodeForm onEntered={onEntered} onBack={back} />;
  if (session?.next_step === 'enrolment')
    return <DemandedEnrolment onEntered={onEntered} onBack={back} />;
  return <PasswordStep onEntered={onEntered} />;
}

function PasswordStep({ onEntered }: LoginPageProps) {
  const logIn = useLogIn();
  const form = useForm({ initialValues: { name: '', password: '' } });
  return (
    <Door title="Log in">
      <form
        onSubmit={form.onSubmit((values) =>
          logIn.mutate(values, {
            onSuccess: ({ user }) => user && onEntered(),
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
      <SignOnButtons />
    </Door>
  );
}
