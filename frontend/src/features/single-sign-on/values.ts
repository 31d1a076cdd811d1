// The form's values: lists and tables as the lines that people type.
import type { Provider, ProviderWrite, Role } from './api';

export const ROLE_WORDS = [
  'admin',
  'operator',
  'viewer',
  'none',
] as const satisfies readonly Role[];

export interface ProviderValues {
  title: string;
  issuer: string;
  client_id: string;
  client_secret: string;
  scopes: string;
  groups_claim: string;
  roles: string;
  default_role: string;
  makes_users: boolean;
  checks_second_factor: boolean;
  is_enabled: boolean;
}

export function valuesOf(provider: Provider | null): ProviderValues {
  return {
    title: provider?.title ?? '',
    issuer: provider?.issuer ?? '',
    client_id: provider?.client_id ?? '',
    client_secret: '',
    scopes: (provider?.scopes ?? ['openid', 'profile', 'email']).join(' '),
    groups_claim: provider?.groups_claim ?? 'groups',
    roles: Object.entries(provider?.roles ?? {})
      .map(([group, role]) => `${group} = ${role}`)
      .join('\n'),
    default_role: provider?.default_role ?? '',
    makes_users: provider?.makes_users ?? false,
    checks_second_factor: provider?.checks_second_factor ?? false,
    is_enabled: provider?.is_enabled ?? true,
  };
}

const roleOf = (word: string): Role | undefined => ROLE_WORDS.find((role) => role === word);

/** `group = role` a line; null with the first line that is none. */
function readRoles(text: string): { roles: Record<string, Role>; fault: string | null } {
  const roles: Record<string, Role> = {};
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '') continue;
    const at = line.lastIndexOf('=');
    const role = roleOf(line.slice(at + 1).trim());
    const group = line.slice(0, at).trim();
    if (at < 1 || group === '' || role === undefined)
      return { roles, fault: `“${line}” is no line like: admins = admin` };
    roles[group] = role;
  }
  return { roles, fault: null };
}

export const rolesFault = (text: string) => readRoles(text).fault;

export function bodyOf(values: ProviderValues): ProviderWrite {
  return {
    title: values.title,
    issuer: values.issuer.trim(),
    client_id: values.client_id.trim(),
    client_secret: values.client_secret === '' ? null : values.client_secret,
    scopes: values.scopes.split(/\s+/).filter(Boolean),
    groups_claim: values.groups_claim,
    roles: readRoles(values.roles).roles,
    default_role: roleOf(values.default_role) ?? null,
    makes_users: values.makes_users,
    checks_second_factor: values.checks_second_factor,
    is_enabled: values.is_enabled,
  };
}
