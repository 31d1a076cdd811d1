import { Button, Group, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { CopyBlock } from '@/components/copy-block';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { SecretInput } from '@/components/secret-input';
import {
  KNOWS_ACCOUNTS,
  scriptQuery,
  storedLoginsQuery,
  useSetLogin,
  type DatabaseDetail,
  type LoginEdit,
  type NewLogin,
} from '../api';

type Way = 'new' | 'stored' | 'socket' | 'none';

function Script({ databaseId, isBySocket }: { databaseId: string; isBySocket: boolean }) {
  const query = useQuery(scriptQuery(databaseId));
  return (
    <Faces query={query} what="The script could not be read" skeleton={<RowsSkeleton rows={4} />}>
      {(script) => {
        const text = isBySocket && script.without_password ? script.without_password : script.text;
        return (
          <Stack gap="xs">
            <Text size="sm">
              1. Run this once with <code>{script.run_with}</code>, as the database’s administrator.
              It makes a login that may only read. Unity shows it, and never runs it.
            </Text>
            <CopyBlock text={text} label="the script of the login" />
            <ul>
              {script.unlocks.map((right) => (
                <li key={right}>
                  <Text size="sm" c="dimmed">
                    {right}
                  </Text>
                </li>
              ))}
            </ul>
          </Stack>
        );
      }}
    </Faces>
  );
}

function StoredLogin({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const { data } = useQuery(storedLoginsQuery);
  return (
    <Select
      label="Stored login"
      placeholder="Choose one"
      searchable
      value={value || null}
      onChange={(id) => onChange(id ?? '')}
      data={(data ?? []).map((login) => ({
        value: login.id,
        label: `${login.name} (${login.username})`,
      }))}
    />
  );
}

const WAYS: { value: Way; label: string }[] = [
  { value: 'new', label: 'New login' },
  { value: 'stored', label: 'Stored login' },
  { value: 'socket', label: 'Without password' },
  { value: 'none', label: 'None' },
];

function wayOf(database: DatabaseDetail): Way {
  if (database.login === 'credential') return 'stored';
  return database.login === 'socket' ? 'socket' : 'new';
}

/** The step that opens a database: the script to run there, and the login to enter here. */
export function DatabaseLoginForm({
  database,
  onDone,
}: {
  database: DatabaseDetail;
  onDone?: () => void;
}) {
  const [way, setWay] = useState<Way>(() => wayOf(database));
  const [username, setUsername] = useState('unity');
  const [password, setPassword] = useState('');
  const [storedId, setStoredId] = useState(database.credential_id ?? '');
  const [user, setUser] = useState(database.login_user);
  const [name, setName] = useState(database.login_database);
  const save = useSetLogin(database.id);
  const hasSocket =
    KNOWS_ACCOUNTS.includes(database.kind) && database.doors.some((door) => door.startsWith('/'));
  const isReady =
    way === 'new' ? username !== '' && password !== '' : way !== 'stored' || storedId !== '';

  const submit = () => {
    const edit: LoginEdit = {
      mode: way === 'new' || way === 'stored' ? 'credential' : way,
      credential_id: way === 'stored' ? storedId : null,
      user: way === 'socket' ? user : '',
      database: name,
    };
    const login: NewLogin | undefined =
      way === 'new'
        ? { name: `${database.name} on ${database.server_name} (${username})`, username, password }
        : undefined;
    save.mutate(login ? { edit, login } : { edit }, { onSuccess: () => onDone?.() });
  };

  return (
    <Stack gap="md">
      <Script databaseId={database.id} isBySocket={way === 'socket'} />
      <Stack gap="xs" component="form" onSubmit={(event) => (event.preventDefault(), submit())}>
        <Text size="sm">2. Say how Unity is to log in. It is tried at once.</Text>
        <SegmentedControl
          aria-label="How to log in"
          value={way}
          onChange={(value) => setWay(value)}
          data={WAYS.filter(({ value }) => value !== 'socket' || hasSocket)}
        />
        {way === 'new' && (
          <Group align="flex-start" grow>
            <TextInput
              label="User name"
              value={username}
              onChange={(event) => setUsername(event.currentTarget.value)}
            />
            <SecretInput label="Password" value={password} onChange={setPassword} />
          </Group>
        )}
        {way === 'stored' && <StoredLogin value={storedId} onChange={setStoredId} />}
        {way === 'socket' && (
          <TextInput
            label="User name"
            description="Empty: the account that Unity logs in to the server with."
            value={user}
            onChange={(event) => setUser(event.currentTarget.value)}
          />
        )}
        {database.kind === 'postgresql' && way !== 'none' && (
          <TextInput
            label="Database"
            description="Which one to connect to; empty: postgres."
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        {save.error && <ProblemAlert error={save.error} />}
        <Group>
          <Button type="submit" loading={save.isPending} disabled={!isReady}>
            Save and try
          </Button>
        </Group>
      </Stack>
    </Stack>
  );
}

/** On the page of a database that nobody can read yet, the step stands open. */
export function DatabaseLoginSection({ database }: { database: DatabaseDetail }) {
  const may = useMay('servers:manage');
  const isNeeded = database.state === 'needs_credentials';
  const [isOpen, setOpen] = useState(false);
  if (!may) return null;
  const words =
    database.login === 'none' ? 'It is asked without a login.' : 'It has a login, which works.';
  return (
    <Section
      title="Login"
      actions={
        !isNeeded && (
          <Button size="xs" variant="default" onClick={() => setOpen(!isOpen)}>
            {isOpen ? 'Close' : 'Change'}
          </Button>
        )
      }
    >
      {isNeeded || isOpen ? (
        <DatabaseLoginForm database={database} onDone={() => setOpen(false)} />
      ) : (
        <Text c="dimmed">{database.state === 'online' ? words : database.reason}</Text>
      )}
    </Section>
  );
}
