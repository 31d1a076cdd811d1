// Made-up answers of the server, typed by its own description; a test names only what it is about.
import type { SessionState } from '@/api/session';
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
const LONG_AGO = '2026-01-01T00:00:00Z';

export function user(part: Partial<Schemas['UserRead']> = {}): Schemas['UserRead'] {
  return {
    id: '01981f3a-0000-7000-8000-000000000001',
    name: 'alice',
    full_name: 'Alice Larsson',
    role: 'admin',
    is_disabled: false,
    created_at: LONG_AGO,
    password_changed_at: LONG_AGO,
    last_login_at: null,
    ...part,
  };
}

export function session(part: Partial<SessionState> = {}): SessionState {
  return {
    user: user(),
    permissions: ['self:manage', 'servers:read'],
    csrf_token: 'proof',
    is_secure: true,
    is_setup_needed: false,
    has_stepped_up: false,
    ...part,
  };
}
