import { Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import { useResetPassword, type User } from '../api';
import { PASSWORD_HINT, passwordFault } from '../roles';

interface ResetPasswordDialogProps {
  user: User;
  isOpen: boolean;
  onClose: () => void;
}

function ResetPasswordForm({ user, onClose }: Omit<ResetPasswordDialogProps, 'isOpen'>) {
  const reset = useResetPassword(user.id);
  const form = useForm({
    initialValues: { password: '' },
    validate: { password: passwordFault },
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
          description={PASSWORD_HINT}
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
