import {
  Button,
  FileButton,
  Group,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { splitProblem } from '@/api/field-errors';
import type { components } from '@/api/schema';
import { FormActions } from '@/components/form-actions';
import { Section } from '@/components/page';
import { keyChoicesQuery, loginChoicesQuery, type ImportRequest } from '../api';

type Format = components['schemas']['ImportFormat'];

const FORMATS: { value: Format; label: string }[] = [
  { value: 'auto', label: 'Recognise it' },
  { value: 'ssh_config', label: '~/.ssh/config' },
  { value: 'ansible_ini', label: 'Ansible inventory (INI)' },
  { value: 'ansible_yaml', label: 'Ansible inventory (YAML)' },
  { value: 'csv', label: 'CSV' },
];
const EXAMPLE = 'name,host,port,user,tags\nnas,nas.lan,22,unity,storage\nprinter,192.0.2.20,,,';
const FIELDS = ['text', 'format', 'username', 'ssh_key_id', 'credential_id', 'tags'];

interface ImportFormProps {
  onLook: (request: ImportRequest) => void;
  isBusy: boolean;
  error: Error | null;
}

export function ImportForm({ onLook, isBusy, error }: ImportFormProps) {
  const keys = useQuery(keyChoicesQuery);
  const logins = useQuery(loginChoicesQuery);
  const form = useForm({
    initialValues: {
      text: '',
      format: 'auto' as Format,
      username: 'root',
      ssh_key_id: null as string | null,
      credential_id: null as string | null,
      tags: [] as string[],
    },
    validate: {
      text: (text) => (text.trim() ? null : 'Paste the text, or choose its file.'),
      username: (name) => (name.trim() ? null : 'Enter an account.'),
    },
  });
  const problem = error ? splitProblem(error, FIELDS) : null;
  const { setErrors } = form;
  useEffect(() => {
    if (error) setErrors(splitProblem(error, FIELDS).fields);
  }, [error, setErrors]);
  const submit = form.onSubmit((values) =>
    onLook({ ...values, port: 22, sudo: 'none', groups: [] }),
  );
  const choices = (rows: { id: string; name: string }[] | undefined) =>
    (rows ?? []).map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Section title="What to import">
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <Textarea
            label="Text"
            placeholder={EXAMPLE}
            autoComplete="off"
            spellCheck={false}
            autosize
            minRows={8}
            maxRows={20}
            required
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
            {...form.getInputProps('text')}
          />
          <Group gap="xs">
            <FileButton
              onChange={(file) =>
                void file?.text().then((text) => form.setFieldValue('text', text))
              }
            >
              {(props) => (
                <Button {...props} size="xs" variant="default">
                  Choose a file
                </Button>
              )}
            </FileButton>
          </Group>
          <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
            <Select
              label="What it is"
              data={FORMATS}
              allowDeselect={false}
              {...form.getInputProps('format')}
            />
            <TextInput
              label="User name"
              description="Where the text names none."
              autoComplete="off"
              autoCapitalize="none"
              required
              {...form.getInputProps('username')}
            />
            <TagsInput
              label="Tags"
              description="For all of them."
              {...form.getInputProps('tags')}
            />
            <Select
              label="Key"
              description="The key that these machines let in already."
              placeholder="None"
              data={choices(keys.data)}
              clearable
              searchable
              {...form.getInputProps('ssh_key_id')}
            />
            <Select
              label="Login by password"
              placeholder="None"
              description="For machines without the key."
              data={choices(logins.data)}
              clearable
              searchable
              {...form.getInputProps('credential_id')}
            />
          </SimpleGrid>
          <FormActions submitLabel="Preview" isBusy={isBusy} error={problem?.rest} />
        </Stack>
      </form>
    </Section>
  );
}
