// Made-up servers, typed by the server's own description; a test names only what it is about.
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
const LONG_AGO = '2026-01-01T00:00:00Z';
export const NAS_ID = '01981f3a-0000-7000-8000-000000000101';

export function machine(part: Partial<Schemas['ServerRead']> = {}): Schemas['ServerRead'] {
  return {
    id: NAS_ID,
    name: 'nas',
    host: '192.0.2.10',
    port: 22,
    username: 'unity',
    is_local: false,
    is_enabled: true,
    ssh_key_id: null,
    ssh_key_name: null,
    credential_id: null,
    credential_name: null,
    jump_server_id: null,
    jump_server_name: null,
    sudo: 'none',
    sudo_credential_id: null,
    interval_seconds: null,
    notes: '',
    tags: [],
    groups: [],
    status: 'online',
    reason: 'Every fact was read.',
    reason_kind: 'ok',
    fix: '',
    status_since: LONG_AGO,
    last_seen_at: LONG_AGO,
    last_attempt_at: LONG_AGO,
    next_due_at: null,
    row_version: 3,
    created_at: LONG_AGO,
    updated_at: LONG_AGO,
    ...part,
  };
}

export function tile(part: Partial<Schemas['ServerTile']> = {}): Schemas['ServerTile'] {
  return {
    id: NAS_ID,
    name: 'nas',
    is_local: false,
    status: 'online',
    reason: 'Every fact was read.',
    reason_kind: 'ok',
    status_since: LONG_AGO,
    last_seen_at: LONG_AGO,
    os_name: 'Debian GNU/Linux 13 (trixie)',
    cpu_percent: 12.5,
    cpu_cores: 4,
    load1: 0.42,
    memory_percent: 61,
    memory_bytes: 34_359_738_368,
    swap_percent: 0,
    filesystem_percent: 71.2,
    filesystem_mountpoint: '/tank',
    temperature_celsius: 44,
    uptime_seconds: 1_209_600,
    spark: { times: [1, 2, 3], percent: [10, 20, 12.5] },
    ...part,
  };
}

export function trouble(part: Partial<Schemas['ServerProblem']> = {}): Schemas['ServerProblem'] {
  return {
    severity: 'critical',
    kind: 'unreachable',
    server_id: NAS_ID,
    server_name: 'nas',
    resource_name: '',
    alert_id: null,
    subject: '',
    message: 'No answer on port 22.',
    fix: 'Check that the machine is on.',
    since: LONG_AGO,
    ...part,
  };
}

export function overview(part: Partial<Schemas['Overview']> = {}): Schemas['Overview'] {
  const counts: Record<string, number> = {};
  for (const { severity } of part.problems ?? []) counts[severity] = (counts[severity] ?? 0) + 1;
  return {
    problems: [],
    problem_counts: counts,
    totals: { online: part.servers?.length ?? 0 },
    servers: [],
    changes: [],
    ...part,
  };
}

export function fact(part: Partial<Schemas['FactRead']> = {}): Schemas['FactRead'] {
  return {
    fact: 'load',
    title: 'Load',
    rate: 'live',
    value: { load1: 0.42, load5: 0.4, load15: 0.3 },
    read_at: LONG_AGO,
    asked_at: LONG_AGO,
    trouble: null,
    detail: '',
    fix: '',
    trouble_since: null,
    ...part,
  };
}

export function factsOf(...facts: Schemas['FactRead'][]): Schemas['ServerFacts'] {
  return {
    server_id: NAS_ID,
    status: 'online',
    reason: 'Every fact was read.',
    reason_kind: 'ok',
    fix: '',
    facts,
  };
}

export function visit(part: Partial<Schemas['RunRead']> = {}): Schemas['RunRead'] {
  return {
    id: '01981f3a-0000-7000-8000-000000000201',
    server_id: NAS_ID,
    rate: 'standard',
    started_at: LONG_AGO,
    seconds: 0.8,
    status: 'online',
    facts_read: 10,
    facts_failed: 0,
    samples: 36,
    error: '',
    troubles: [],
    ...part,
  };
}
