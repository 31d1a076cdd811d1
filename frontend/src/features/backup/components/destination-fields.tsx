import { Group, NumberInput, SimpleGrid, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { SecretInput } from '@/components/secret-input';
import type { DestinationValues } from '../values';

interface FieldsProps {
  form: UseFormReturnType<DestinationValues>;
  /** Secrets are kept already. */
  hasSecret: boolean;
}

type SecretName = 'password' | 'private_key_passphrase' | 'secret_access_key';

function Secret({
  form,
  name,
  label,
  isSet,
}: Pick<FieldsProps, 'form'> & { name: SecretName; label: string; isSet: boolean }) {
  return (
    <SecretInput
      label={label}
      isSet={isSet}
      value={form.values[name]}
      onChange={(value) => form.setFieldValue(name, value)}
      error={form.errors[name] as string | undefined}
    />
  );
}

function SftpFields({ form, hasSecret }: FieldsProps) {
  const text = { autoComplete: 'off', spellCheck: false };
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-start" wrap="nowrap">
        <TextInput
          label="Host"
          placeholder="nas.lan"
          flex={1}
          required
          {...text}
          {...form.getInputProps('host')}
        />
        <NumberInput label="Port" w={90} min={1} max={65535} {...form.getInputProps('port')} />
      </Group>
      <TextInput label="User name" required {...text} {...form.getInputProps('username')} />
      <TextInput
        label="Folder there"
        placeholder="/backup/unity"
        required
        {...text}
        {...form.getInputProps('folder')}
      />
      <Secret form={form} name="password" label="Password" isSet={hasSecret} />
      <Textarea
        label="Or a private key"
        description={
          hasSecret
            ? 'Left empty, what is stored stays.'
            : 'In OpenSSH or PEM form; stored encrypted.'
        }
        rows={3}
        {...text}
        {...form.getInputProps('private_key')}
      />
      {form.values.private_key !== '' && (
        <Secret
          form={form}
          name="private_key_passphrase"
          label="Passphrase of the key"
          isSet={false}
        />
      )}
      <TextInput
        label="Approved host key"
        description="Left empty, the test shows the key to compare and approve."
        placeholder="ssh-ed25519 AAAA…"
        {...text}
        {...form.getInputProps('host_key')}
      />
    </Stack>
  );
}

function S3Fields({ form, hasSecret }: FieldsProps) {
  const text = { autoComplete: 'off', spellCheck: false };
  return (
    <Stack gap="sm">
      <TextInput
        label="Endpoint"
        description="Left empty, Amazon’s own."
        placeholder="https://s3.example.org"
        {...text}
        {...form.getInputProps('endpoint')}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <TextInput label="Bucket" required {...text} {...form.getInputProps('bucket')} />
        <TextInput label="Prefix" placeholder="unity" {...text} {...form.getInputProps('prefix')} />
        <TextInput
          label="Region"
          placeholder="us-east-1"
          {...text}
          {...form.getInputProps('region')}
        />
        <TextInput label="Access key" required {...text} {...form.getInputProps('access_key_id')} />
      </SimpleGrid>
      <Secret form={form} name="secret_access_key" label="Secret key" isSet={hasSecret} />
      <Switch
        label="Bucket in the path"
        description="As most servers but Amazon’s want it."
        {...form.getInputProps('uses_path_style', { type: 'checkbox' })}
      />
    </Stack>
  );
}

export function DestinationFields(props: FieldsProps) {
  const { form } = props;
  switch (form.values.kind) {
    case 'folder':
      return (
        <TextInput
          label="Folder"
          description="It must be there: a disk that is not mounted is not filled in."
          placeholder="/mnt/backup"
          required
          autoComplete="off"
          spellCheck={false}
          {...form.getInputProps('folder')}
        />
      );
    case 'sftp':
      return <SftpFields {...props} />;
    case 's3':
      return <S3Fields {...props} />;
  }
}

const KEEP = [
  ['keep_last', 'Newest', 1],
  ['keep_daily', 'Days', 0],
  ['keep_weekly', 'Weeks', 0],
  ['keep_monthly', 'Months', 0],
] as const;

/** How many archives stay there. */
export function RetentionFields({ form }: Pick<FieldsProps, 'form'>) {
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend style={{ fontWeight: 500, padding: 0, fontSize: 'var(--mantine-font-size-sm)' }}>
        How many stay: the newest, and the newest of each day, week and month
      </legend>
      <SimpleGrid cols={{ base: 2, xs: 4 }} spacing="sm" mt={4}>
        {KEEP.map(([name, label, least]) => (
          <NumberInput
            key={name}
            label={label}
            min={least}
            max={1000}
            required
            {...form.getInputProps(name)}
          />
        ))}
      </SimpleGrid>
    </fieldset>
  );
}
