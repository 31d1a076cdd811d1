import { Checkbox, PasswordInput, Radio, Select, Stack, Text, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { CopyBlock } from '@/components/copy-block';
import { keyChoicesQuery, loginChoicesQuery } from '../api';
import { loginNameOf, type LoginValues } from '../login-values';
import type { Place } from '../place';

type Form = UseFormReturnType<LoginValues>;

const WAYS: { value: LoginValues['way']; label: string; description: string }[] = [
  {
    value: 'generate',
    label: 'Generate a key and install it',
    description: 'Best. You enter the password of the account once; it is not kept.',
  },
  {
    value: 'password',
    label: 'Password',
    description: 'It is stored encrypted and used for each connection.',
  },
  { value: 'stored', label: 'Stored login', description: 'A user name and password Unity has.' },
  { value: 'key', label: 'Existing key', description: 'A key Unity has already.' },
];

const NEW_PASSWORD = { autoComplete: 'off', required: true } as const;

export function LoginFields({ form, place }: { form: Form; place: Place }) {
  const { way } = form.values;
  return (
    <Stack gap="md">
      <Radio.Group label="How Unity logs in" {...form.getInputProps('way')}>
        <Stack gap="xs" mt={6}>
          {WAYS.map((each) => (
            <Radio key={each.value} {...each} />
          ))}
        </Stack>
      </Radio.Group>
      {way === 'stored' && <StoredLogin form={form} />}
      {way === 'key' && <ExistingKey form={form} />}
      <TextInput
        label="User name"
        description="The account on the machine. It needs no special rights."
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maw={420}
        required
        {...form.getInputProps('username')}
      />
      {way === 'generate' && (
        <>
          <OneTimePassword form={form} />
          <TextInput
            label="Name of the key"
            autoComplete="off"
            maw={420}
            required
            {...form.getInputProps('keyName')}
          />
        </>
      )}
      {way === 'password' && (
        <>
          <PasswordInput
            label="Password"
            maw={420}
            {...NEW_PASSWORD}
            {...form.getInputProps('password')}
          />
          <TextInput
            label="Stored as"
            description="What the login is called in the list of logins."
            placeholder={loginNameOf(form.values, place)}
            autoComplete="off"
            maw={420}
            {...form.getInputProps('loginName')}
          />
        </>
      )}
    </Stack>
  );
}

function OneTimePassword({ form }: { form: Form }) {
  return (
    <PasswordInput
      label="One-time password"
      description="The password of the account. Used to install the key, then forgotten."
      maw={420}
      {...NEW_PASSWORD}
      {...form.getInputProps('password')}
    />
  );
}

function StoredLogin({ form }: { form: Form }) {
  const logins = useQuery(loginChoicesQuery);
  const choose = (id: string | null) => {
    const login = logins.data?.find((each) => each.id === id);
    form.setValues({ loginId: id, ...(login ? { username: login.username } : {}) });
  };
  return (
    <Select
      label="Login"
      placeholder={logins.data?.length === 0 ? 'No logins are stored' : 'Choose one'}
      data={(logins.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
      searchable
      maw={420}
      required
      {...form.getInputProps('loginId')}
      onChange={choose}
    />
  );
}

function ExistingKey({ form }: { form: Form }) {
  const keys = useQuery(keyChoicesQuery);
  const chosen = keys.data?.find((key) => key.id === form.values.keyId);
  return (
    <>
      <Select
        label="Key"
        placeholder={keys.data?.length === 0 ? 'No keys are stored' : 'Choose one'}
        data={(keys.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        searchable
        maw={420}
        required
        {...form.getInputProps('keyId')}
      />
      <Checkbox
        label="Install it first, with a one-time password"
        description="Not needed when the machine lets this key in already."
        {...form.getInputProps('isKeyMissing', { type: 'checkbox' })}
      />
      {form.values.isKeyMissing && <OneTimePassword form={form} />}
      {chosen && !form.values.isKeyMissing && (
        <div>
          <Text size="sm" mb={6}>
            To install it by hand, put this line into <code>~/.ssh/authorized_keys</code> there:
          </Text>
          <CopyBlock text={chosen.public_key} label="the public key" />
        </div>
      )}
    </>
  );
}
