import { PasswordInput, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { splitProblem } from '@/api/field-errors';
import { usePasswordRule, useSession } from '@/api/session';
import { FormActions } from '@/components/form-actions';
import { Notice } from '@/components/notice';
import { useChangePassword } from '../api';

const FIELDS = ['current', 'password'];

/** The own password, by way of the present one. */
export function PasswordForm() {
  const change = useChangePassword();
  const { user } = useSession();
  const rule = usePasswordRule();
  const form = useForm({
    initialValues: { current: '', password: '', again: '' },
    validate: {
      password: rule.fault,
      again: (value, { password }) => (value === password ? null : 'The two passwords differ.'),
    },
  });
  const submit = ({ current, password }: typeof form.values) =>
    change.mutate(
      { current, password },
      {
        onSuccess: () => form.reset(),
        onError: (error) => form.setErrors(splitProblem(error, FIELDS).fields),
      },
    );
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md" maw={440}>
        {change.isSuccess && (
          <Notice state="ok" title="The password is changed" role="status">
            You stay logged in here; everywhere else you were logged out.
          </Notice>
        )}
        {/* So that password managers know whose password changes. */}
        <input type="text" autoComplete="username" value={user?.name ?? ''} readOnly hidden />
        <PasswordInput
          label="Present password"
          autoComplete="current-password"
          required
          {...form.getInputProps('current')}
        />
        <PasswordInput
          label="New password"
          description={rule.hint}
          autoComplete="new-password"
          required
          {...form.getInputProps('password')}
        />
        <PasswordInput
          label="New password again"
          autoComplete="new-password"
          required
          {...form.getInputProps('again')}
        />
        <FormActions
          submitLabel="Change the password"
          isBusy={change.isPending}
          error={change.error ? splitProblem(change.error, FIELDS).rest : null}
        />
      </Stack>
    </form>
  );
}
