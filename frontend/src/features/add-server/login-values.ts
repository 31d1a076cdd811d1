import type { components } from '@/api/schema';
import type { Place } from './place';

type Schemas = components['schemas'];

export type Way = 'generate' | 'password' | 'stored' | 'key';

export interface LoginValues {
  way: Way;
  username: string;
  /** The one-time password, or the one to be stored. */
  password: string;
  loginId: string | null;
  keyId: string | null;
  keyName: string;
  loginName: string;
  /** Whether the existing key still has to be put on the machine. */
  isKeyMissing: boolean;
}

export function firstValues(place: Place, server: Schemas['ServerRead'] | undefined): LoginValues {
  const hasLogin = server?.credential_id != null;
  const hasKey = server?.ssh_key_id != null;
  return {
    way: hasKey ? 'key' : hasLogin ? 'stored' : 'generate',
    username: server?.username ?? '',
    password: '',
    loginId: server?.credential_id ?? null,
    keyId: server?.ssh_key_id ?? null,
    keyName: place.name,
    loginName: '',
    isKeyMissing: false,
  };
}

const NEEDS: Record<Way, (values: LoginValues) => Partial<Record<keyof LoginValues, string>>> = {
  generate: ({ keyName, password }) => ({
    ...(keyName.trim() ? {} : { keyName: 'Give the key a name.' }),
    ...(password ? {} : { password: 'Enter the password of the account, once.' }),
  }),
  password: ({ password }) => (password ? {} : { password: 'Enter the password.' }),
  stored: ({ loginId }) => (loginId ? {} : { loginId: 'Choose a login.' }),
  key: ({ keyId, isKeyMissing, password }) => ({
    ...(keyId ? {} : { keyId: 'Choose a key.' }),
    ...(isKeyMissing && !password ? { password: 'Enter the password of the account, once.' } : {}),
  }),
};

export function faultsOf(values: LoginValues): Record<string, string> {
  const username: Record<string, string> = values.username.trim()
    ? {}
    : { username: 'Enter the account on the machine.' };
  return { ...username, ...NEEDS[values.way](values) };
}

/** What the stored password is called when nobody says otherwise. */
export function loginNameOf(values: LoginValues, place: Place): string {
  return values.loginName.trim() || `${values.username.trim()}@${place.name}`;
}
