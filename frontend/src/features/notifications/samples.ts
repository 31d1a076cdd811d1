// What the server answers in the tests of the notifications.
import type { Channel, Delivery, FormField, Route } from './api';
import { MATCH, PLAN } from './values';

export const AT = '2026-01-01T00:00:00Z';
export const HEALTH = {
  heartbeats: [{ name: 'alerts', beat_at: AT, every_seconds: 60, is_silent: false }],
  dead_mans_switch: {
    is_set: false,
    url_hint: '',
    every_minutes: 5,
    is_enabled: false,
    last_ok_at: null,
    last_error: '',
  },
  waiting: 0,
  dead: 0,
  has_route: true,
};
export const CHANNEL: Channel = {
  id: 'c1',
  name: 'Phone',
  service: 'ntfy',
  service_name: 'ntfy',
  settings: { server: 'https://ntfy.sh' },
  secrets_set: ['topic'],
  hint: 'https://ntfy.sh/…',
  is_enabled: true,
  template_id: null,
  fallback_id: null,
  fallback_after_minutes: 15,
  give_up_after_minutes: 1440,
  has_self_test: true,
  health: {
    state: 'failing',
    sent: 3,
    failures: 2,
    mean_ms: 40,
    last_ok_at: AT,
    failing_since: AT,
    last_error: 'ntfy.sh answered with status 500.',
    template_error: '',
    waiting: 1,
    dead: 0,
    last_self_test_at: null,
    next_self_test_at: null,
  },
};
const FIELD: FormField = {
  name: 'server',
  label: 'Server',
  kind: 'string',
  description: '',
  example: '',
  default: 'https://ntfy.sh',
  choices: [],
  pattern: '',
  minimum: null,
  maximum: null,
  is_required: false,
  is_secret: false,
  is_advanced: false,
};
export const FIELDS: FormField[] = [
  FIELD,
  { ...FIELD, name: 'topic', label: 'Topic', default: null, is_secret: true, is_required: true },
];
export const ROUTE: Route = {
  id: 'r1',
  name: 'Everything',
  parent_id: null,
  position: 0,
  is_enabled: true,
  goes_on: false,
  match: MATCH,
  plan: { ...PLAN, channels: ['c1'] },
  findings: [],
};
export const DEAD: Delivery = {
  id: 'd1',
  notification_id: 'n1',
  channel_id: 'c1',
  channel_name: 'Phone',
  route_id: 'r1',
  kind: 'fired',
  severity: 'critical',
  title: '[critical] nas is offline',
  state: 'dead',
  reason: 'ntfy.sh answered with status 404.',
  attempts: 5,
  made_at: AT,
  next_try_at: null,
  ended_at: AT,
  is_fallback: false,
  answer: '',
};
export const SERVICES = [
  { id: 'ntfy', name: 'ntfy', home: '', manual: '' },
  { id: 'apprise:discord', name: 'Discord', home: '', manual: '' },
];
