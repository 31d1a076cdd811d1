import { Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import { Notice } from '@/components/notice';
import { useChangeProfile } from '../api';

const FIELDS = ['full_name'];

/** The own full name, as others read it. */
export function ProfileForm({ fullName }: { fullName: string }) {
  const change = useChangeProfile();
  const form = useForm({ initialValues: { full_name: fullName } });
  const submit = (profile: typeof form.values) =>
    change.mutate(profile, {
      onSuccess: () => form.resetDirty(profile),
      onError: (error) => form.setErrors(splitProblem(error, FIELDS).fields),
    });
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md" maw={440}>
        <TextInput
          label="Full name"
          description="As others read it. The name you log in with stays."
          autoComplete="name"
          maxLength={120}
          {...form.getInputProps('full_name')}
        />
        {change.isSuccess && !form.isDirty() && (
          <Notice state="ok" title="Your name is saved" role="status" />
        )}
        <FormActions
          submitLabel="Save"
          isBusy={change.isPending}
          error={change.error ? splitProblem(change.error, FIELDS).rest : null}
        />
      </Stack>
    </form>
  );
}
