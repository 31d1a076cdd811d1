import { Checkbox, NativeSelect, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { basePath } from '@/api/base';
import { splitProblem } from '@/api/field-errors';
import { CopyBlock } from '@/components/copy-block';
import { FormActions } from '@/components/form-actions';
import { SecretInput } from '@/components/secret-input';
import { useSaveProvider, type Provider } from '../api';
import { bodyOf, ROLE_WORDS, rolesFault, valuesOf } from '../values';

interface ProviderFormProps {
  provider: Provider | null;
  onSaved: (id: string) => void;
  onCancel?: () => void;
}

const DEFAULTS = [
  { value: '', label: 'nobody: without such a group one may not come in' },
  ...ROLE_WORDS.map((role) => ({ value: role, label: role })),
];

/** Where the provider is, who Unity is to it, and what its groups mean here. */
export function ProviderForm({ provider, onSaved, onCancel }: ProviderFormProps) {
  const save = useSaveProvider(provider?.id ?? null);
  const form = useForm({ initialValues: valuesOf(provider), validate: { roles: rolesFault } });
  const names = Object.keys(form.values);
  const submit = (values: typeof form.values) =>
    save.mutate(bodyOf(values), {
      onSuccess: ({ id }) => {
        form.setFieldValue('client_secret', '');
        onSaved(id);
      },
      onError: (error) => form.setErrors(splitProblem(error, names).fields),
    });
  const check = (name: 'makes_users' | 'checks_second_factor' | 'is_enabled') =>
    form.getInputProps(name, { type: 'checkbox' });
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md" maw={560}>
        <div>
          <Text size="sm">Enter this as the redirect address at the provider:</Text>
          <CopyBlock
            text={`${location.origin}${basePath}/login/callback`}
            label="the redirect address"
          />
        </div>
        <TextInput
          label="Title"
          description="On the button of the login page."
          required
          {...form.getInputProps('title')}
        />
        <TextInput
          label="Issuer"
          description="Exactly as the provider says it: https://auth.example.org/application/o/unity/"
          inputMode="url"
          required
          {...form.getInputProps('issuer')}
        />
        <TextInput label="Client id" required {...form.getInputProps('client_id')} />
        <SecretInput
          label="Client secret"
          isSet={provider?.has_client_secret ?? false}
          value={form.values.client_secret}
          onChange={(value) => form.setFieldValue('client_secret', value)}
        />
        <TextInput
          label="Scopes"
          description="Separated by blanks. Some providers send groups only with the scope groups."
          {...form.getInputProps('scopes')}
        />
        <TextInput label="Claim with the groups" {...form.getInputProps('groups_claim')} />
        <Textarea
          label="Groups and roles"
          description="One a line: unity-admins = admin. Of several the highest counts."
          autosize
          minRows={2}
          {...form.getInputProps('roles')}
        />
        <NativeSelect
          label="Role without such a group"
          data={DEFAULTS}
          {...form.getInputProps('default_role')}
        />
        <Checkbox
          label="Make an account for whoever comes for the first time"
          {...check('makes_users')}
        />
        <Checkbox
          label="The provider asks for a second factor itself"
          description="Unity then does not ask for its own."
          {...check('checks_second_factor')}
        />
        <Checkbox label="Offer it on the login page" {...check('is_enabled')} />
        <FormActions
          submitLabel={provider ? 'Save' : 'Add the provider'}
          isBusy={save.isPending}
          error={save.error ? splitProblem(save.error, names).rest : null}
          {...(onCancel ? { onCancel } : {})}
        />
      </Stack>
    </form>
  );
}
