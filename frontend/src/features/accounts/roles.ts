import type { State } from '@/lib/states';
import type { Role, User } from './api';

export const ROLES: { value: Role; label: string; description: string }[] = [
  {
    value: 'viewer',
    label: 'viewer',
    description: 'Sees servers, metrics, alerts and jobs; changes nothing.',
  },
  {
    value: 'operator',
    label: 'operator',
    description: 'Works with servers, credentials and jobs.',
  },
  {
    value: 'admin',
    label: 'admin',
    description: 'May do everything, also with users, settings and the audit log.',
  },
  {
    value: 'none',
    label: 'none',
    description: 'Nothing by itself: only the roles that are given for single groups count.',
  },
];

export function stateOf(user: User): { state: State; word: string } {
  return user.is_disabled
    ? { state: 'unknown', word: 'disabled' }
    : { state: 'ok', word: 'active' };
}
