import {
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import { Section } from '@/components/page';
import {
  groupsQuery,
  keyChoicesQuery,
  loginChoicesQuery,
  serverChoicesQuery,
  tagsQuery,
  useEditServer,
  type Server,
  type ServerEdit,
} from '../api';

const SUDO: { value: Server['sudo']; label: string }[] = [
  { value: 'none', label: 'Do not use sudo' },
  { value: 'passwordless', label: 'Without a password' },
  { value: 'password', label: 'With a password' },
];

type Values = ReturnType<typeof valuesOf>;

function valuesOf(server: Server) {
  return {
    name: server.name,
    host: server.host,
    port: server.port,
    username: server.username,
    ssh_key_id: server.ssh_key_id,
    credential_id: server.credential_id,
    jump_server_id: server.jump_server_id,
    sudo: server.sudo,
    sudo_credential_id: server.sudo_credential_id,
    interval_seconds: server.interval_seconds,
    notes: server.notes,
    tags: server.tags,
    groups: server.groups,
  };
}

/** Only what was changed, so that nobody's other edit is taken back. */
export function changesOf(before: Values, after: Values): ServerEdit {
  const changed = Object.entries(after).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key as keyof Values]),
  );
  return Object.fromEntries(changed);
}

type Form = ReturnType<typeof useForm<Values>>;

const named = ({ id, name }: { id: string; name: string }) => ({ value: id, label: name });

function Way({ form, serverId }: { form: Form; serverId: string }) {
  const keys = useQuery(keyChoicesQuery).data ?? [];
  const logins = useQuery(loginChoicesQuery).data ?? [];
  const servers = useQuery(serverChoicesQuery).data ?? [];
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label="Address"
          description="Host name or IP address."
          {...form.getInputProps('host')}
        />
        <NumberInput
          label="Port"
          description="TCP port of the SSH server, 22 as a rule."
          min={1}
          max={65_535}
          allowDecimal={false}
          {...form.getInputProps('port')}
        />
        <TextInput
          label="User"
          description="The account on the machine."
          {...form.getInputProps('username')}
        />
        <Select
          label="Reached through"
          description="Another server as the jump host."
          placeholder="Directly"
          clearable
          searchable
          data={servers.filter(({ id }) => id !== serverId).map(named)}
          {...form.getInputProps('jump_server_id')}
        />
        <Select
          label="Key"
          description="Tried first."
          placeholder="None"
          clearable
          searchable
          data={keys.map(named)}
          {...form.getInputProps('ssh_key_id')}
        />
        <Select
          label="Login"
          description="A stored password, tried after the key."
          placeholder="None"
          clearable
          searchable
          data={logins.map(named)}
          {...form.getInputProps('credential_id')}
        />
        <Select
          label="sudo"
          description="For what only root may read."
          allowDeselect={false}
          data={SUDO}
          {...form.getInputProps('sudo')}
        />
        {form.values.sudo === 'password' && (
          <Select
            label="Password for sudo"
            description="That of the login above when left empty."
            placeholder="As the login"
            clearable
            data={logins.map(named)}
            {...form.getInputProps('sudo_credential_id')}
          />
        )}
      </SimpleGrid>
    </>
  );
}

function Labels({ form }: { form: Form }) {
  const tags = useQuery(tagsQuery).data ?? [];
  const groups = useQuery(groupsQuery).data ?? [];
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <TagsInput
        label="Tags"
        description="Press Enter after each one."
        data={tags.map(({ tag }) => tag)}
        {...form.getInputProps('tags')}
      />
      <TagsInput
        label="Groups"
        description="A new name makes a new group."
        data={groups.map(({ name }) => name)}
        {...form.getInputProps('groups')}
      />
    </SimpleGrid>
  );
}

/** Name, place, login, pace and labels of a server. */
export function SettingsTab({ server }: { server: Server }) {
  const edit = useEditServer(server.id);
  // What was read when the form opened: news that comes meanwhile is no change of this person's.
  const [read, setRead] = useState(server);
  const before = valuesOf(read);
  const form = useForm<Values>({ initialValues: before });
  const known = Object.keys(before);
  const problem = edit.error ? splitProblem(edit.error, known) : null;
  const submit = (values: Values) =>
    edit.mutate(
      { ...changesOf(before, values), row_version: read.row_version },
      {
        onSuccess: (saved) => {
          setRead(saved);
          form.setInitialValues(valuesOf(saved));
          form.setValues(valuesOf(saved));
          notifications.show({ message: `${saved.name} is saved.` });
        },
        onError: (error) => form.setErrors(splitProblem(error, known).fields),
      },
    );
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Section title="Settings">
        <Stack gap="md" maw={760}>
          <TextInput label="Name" required {...form.getInputProps('name')} />
          {server.is_local ? (
            <Text size="sm" c="dimmed">
              This is the machine that Unity runs on. It is read directly, without SSH, so it has no
              address and no login.
            </Text>
          ) : (
            <Way form={form} serverId={server.id} />
          )}
          <NumberInput
            placeholder="300"
            label="Seconds between two collections"
            description="Empty: as in the settings, 300 as a rule."
            min={10}
            max={86_400}
            allowDecimal={false}
            value={form.values.interval_seconds ?? ''}
            onChange={(value) =>
              form.setFieldValue('interval_seconds', value === '' ? null : Number(value))
            }
            error={form.errors.interval_seconds}
          />
          <Labels form={form} />
          <Textarea label="Notes" autosize minRows={3} {...form.getInputProps('notes')} />
          <FormActions
            submitLabel="Save"
            isBusy={edit.isPending}
            error={problem?.rest}
            onCancel={form.isDirty() ? form.reset : undefined}
          />
        </Stack>
      </Section>
    </form>
  );
}
