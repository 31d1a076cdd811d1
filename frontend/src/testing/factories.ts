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
    has_password: true,
    has_second_factor: false,
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
    next_step: null,
    password_length: 12,
    ...part,
  };
}

export function job(part: Partial<Schemas['JobRead']> = {}): Schemas['JobRead'] {
  return {
    name: 'core.history',
    title: 'Drop the history of old runs',
    trigger: 'every 5m',
    default_trigger: 'every 5m',
    is_paused: false,
    last_fired_at: LONG_AGO,
    next_fire_at: LONG_AGO,
    ...part,
  };
}

export function jobRun(part: Partial<Schemas['JobRunRead']> = {}): Schemas['JobRunRead'] {
  return {
    id: '01981f3a-0000-7000-8000-0000000000a1',
    name: 'core.history',
    arguments: {},
    state: 'succeeded',
    requested_by: 'alice',
    attempt: 1,
    is_cancel_requested: false,
    progress_done: 0,
    progress_total: 0,
    progress_note: '',
    result: null,
    error: '',
    enqueued_at: LONG_AGO,
    run_at: LONG_AGO,
    started_at: LONG_AGO,
    finished_at: LONG_AGO,
    ...part,
  };
}

export function token(part: Partial<Schemas['TokenRead']> = {}): Schemas['TokenRead'] {
  return {
    id: '01981f3a-0000-7000-8000-0000000000b1',
    name: 'grafana',
    owner: 'alice',
    public_id: 'PUBLIC',
    scopes: ['metrics:read'],
    is_limited: false,
    groups: [],
    addresses: [],
    created_at: LONG_AGO,
    expires_at: null,
    last_used_at: null,
    last_used_address: null,
    ...part,
  };
}

export function auditEntry(
  part: Partial<Schemas['AuditEntryRead']> = {},
): Schemas['AuditEntryRead'] {
  return {
    id: '01981f3a-0000-7000-8000-0000000000c1',
    seq: 7,
    at: LONG_AGO,
    actor_kind: 'user',
    actor_name: 'alice',
    actor_id: null,
    address: '192.0.2.10',
    action: 'job.paused',
    result: 'done',
    object_kind: 'job',
    object_id: null,
    object_name: 'core.history',
    resource_id: null,
    request_id: 'abc',
    reason: '',
    details: { from: 'every 5m' },
    h: 'ff00',
    ...part,
  };
}

export function alert(part: Partial<Schemas['AlertRead']> = {}): Schemas['AlertRead'] {
  return {
    id: '01981f3a-0000-7000-8000-0000000000d1',
    rule_id: '01981f3a-0000-7000-8000-0000000000f1',
    rule_name: 'A server is offline',
    kind: 'server_offline',
    domain: 'infrastructure',
    severity: 'critical',
    state: 'firing',
    title: 'nas is offline',
    message: 'It does not answer on port 22.',
    fix: 'Check that it is switched on.',
    subject: '',
    labels: {},
    value: null,
    unit: '',
    reasons: [],
    runbook: 'server-offline',
    resource_id: '01981f3a-0000-7000-8000-0000000000e1',
    resource_name: 'nas',
    resource_kind: 'server',
    server_id: '01981f3a-0000-7000-8000-0000000000e1',
    server_name: 'nas',
    tags: [],
    began_at: LONG_AGO,
    fired_at: LONG_AGO,
    acknowledged_at: null,
    acknowledged_by: '',
    acknowledged_note: '',
    resolved_at: null,
    snoozed_until: null,
    is_flapping: false,
    muted_by: '',
    cause_id: null,
    cause_title: '',
    consequences: 0,
    ...part,
  };
}

/** A list's answer that holds all there is. */
export function pageOf<T>(...items: T[]) {
  return { items, total: items.length, page: 1, per_page: 50 };
}
