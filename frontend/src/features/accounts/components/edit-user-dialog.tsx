import { Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { splitProblem } from '@/api/field-errors';
import { useSession } from '@/api/session';
import { FormActions } from '@/components/form-actions';
import { useChangeUser, type User } from '../api';
import { RoleSelect } from './role-select';

const FIELDS = ['full_name', 'role'];

interface EditUserDialogProps {
  user: User;
  isOpen: boolean;
  onClose: () => void;
}

function EditUserForm({ user, onClose }: Omit<EditUserDialogProps, 'isOpen'>) {
  const change = useChangeUser(user.id);
  const isOneself = useSession().user?.id === user.id;
  const form = useForm({ initialValues: { full_name: user.full_name, role: user.role } });
  const submit = (values: typeof form.values) =>
    change.mutate(values, {
      onSuccess: onClose,
      onError: (error) => form.setErrors(splitProblem(error, FIELDS).fields),
    });
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md">
        <TextInput
          label="Full name"
          autoComplete="off"
          data-autofocus
          {...form.getInputProps('full_name')}
        />
        {/* Nobody takes their own rights away by a slip of the hand. */}
        {!isOneself && <RoleSelect {...form.getInputProps('role')} />}
        <FormActions
          submitLabel="Save"
          isBusy={change.isPending}
          error={change.error ? splitProblem(change.error, FIELDS).rest : null}
          onCancel={onClose}
        />
      </Stack>
    </form>
  );
}

export function EditUserDialog({ user, isOpen, onClose }: EditUserDialogProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={`Edit the user ${user.name}`}>
      <EditUserForm user={user} onClose={onClose} />
    </Modal>
  );
}
