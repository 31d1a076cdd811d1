import { Modal, Stack, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { UseMutationResult } from '@tanstack/react-query';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import { useEditGroup, useMakeGroup, type Group, type GroupWrite } from '../api';

const FIELDS = ['name', 'description'];

interface GroupFormProps {
  initial: GroupWrite;
  change: UseMutationResult<Group, Error, GroupWrite>;
  submitLabel: string;
  onClose: () => void;
  onDone: (group: Group) => void;
}

function GroupForm({ initial, change, submitLabel, onClose, onDone }: GroupFormProps) {
  const form = useForm({
    initialValues: { name: initial.name, description: initial.description },
  });
  const submit = (values: typeof form.values) =>
    change.mutate(values, {
      onSuccess: onDone,
      onError: (error) => form.setErrors(splitProblem(error, FIELDS).fields),
    });
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md">
        <TextInput
          label="Name"
          description="Such as a rack, a customer or a purpose."
          autoComplete="off"
          maxLength={60}
          data-autofocus
          required
          {...form.getInputProps('name')}
        />
        <Textarea
          label="What it is for"
          autosize
          minRows={2}
          maxLength={500}
          {...form.getInputProps('description')}
        />
        <FormActions
          submitLabel={submitLabel}
          isBusy={change.isPending}
          error={change.error ? splitProblem(change.error, FIELDS).rest : null}
          onCancel={onClose}
        />
      </Stack>
    </form>
  );
}

interface MakeGroupDialogProps {
  onClose: () => void;
  onMade: (group: Group) => void;
}

export function MakeGroupDialog({ onClose, onMade }: MakeGroupDialogProps) {
  return (
    <Modal opened onClose={onClose} title="Make a group">
      <GroupForm
        initial={{ name: '', description: '' }}
        change={useMakeGroup()}
        submitLabel="Make the group"
        onClose={onClose}
        onDone={onMade}
      />
    </Modal>
  );
}

export function EditGroupDialog({ group, onClose }: { group: Group; onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title={`Edit the group ${group.name}`}>
      <GroupForm
        initial={group}
        change={useEditGroup(group.id)}
        submitLabel="Save"
        onClose={onClose}
        onDone={onClose}
      />
    </Modal>
  );
}
