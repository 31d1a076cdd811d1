import { Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { splitProblem } from '@/api/field-errors';
import { usePasswordRule } from '@/api/session';
import { FormActions } from '@/components/form-actions';
import { useResetPassword, type User } from '../api';

interface ResetPasswordDialogProps {
  user: User;
  isOpen: boolean;
  onClose: () => void;
}

function ResetPasswordForm({ user, onClose }: Omit<ResetPasswordDialogProps, 'isOpen'>) {
  const reset = useResetPassword(user.id);
  const rule = usePasswordRule();
  const form = useForm({
    initialValues: { password: '' },
    validate: { password: rule.fault },
  });
  const submit = ({ password }: typeof form.values) =>
    reset.mutate(password, {
      onSuccess: onClose,
      onError: (error) => form.setErrors(splitProblem(error, ['password']).fields),
    });
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md">
        <Text size="sm">{user.name} is logged out everywhere and logs in with this password.</Text>
        <PasswordInput
          label="New password"
          description={rule.hint}
          autoComplete="new-password"
          data-autofocus
          required
          {...form.getInputProps('password')}
        />
        <FormActions
          submitLabel="Set the password"
          isBusy={reset.isPending}
          error={reset.error ? splitProblem(reset.error, ['password']).rest : null}
          onCancel={onClose}
        />
      </Stack>
    </form>
  );
}

export function ResetPasswordDialog({ user, isOpen, onClose }: ResetPasswordDialogProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={`Reset the password of ${user.name}`}>
      <ResetPasswordForm user={user} onClose={onClose} />
    </Modal>
  );
}
