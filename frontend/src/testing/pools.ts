// Made-up pools of the server, typed by its own description.
import type { components } from '@/api/schema';

type Schemas = components['schemas'];
type PoolDetail = Schemas['PoolDetail'];
type Dataset = Schemas['DatasetRead'];
type PoolMember = Schemas['PoolMemberRead'];

export const POOL_ID = '01a20000-0000-7000-8000-000000000001';
const AT = '2026-11-23T04:00:00Z';

export const member = (fields: Partial<PoolMember>): PoolMember => ({
  name: 'sda',
  state: 'ONLINE',
  role: 'data',
  parent: null,
  is_leaf: true,
  is_well: true,
  path: '',
  read_errors: 0,
  write_errors: 0,
  checksum_errors: 0,
  note: '',
  device_id: null,
  ...fields,
});

export const dataset = (fields: Partial<Dataset> = {}): Dataset => ({
  name: 'tank/home',
  used_bytes: 93 * 2 ** 30,
  available_bytes: 7 * 2 ** 30,
  quota_bytes: 100 * 2 ** 30,
  quota_percent: 93,
  snapshots: 30,
  snapshot_bytes: 2 ** 30,
  oldest_at: AT,
  newest_at: AT,
  every_seconds: 86_400,
  is_late: false,
  ...fields,
});

export const pool = (fields: Partial<PoolDetail> = {}): PoolDetail => ({
  id: POOL_ID,
  server_id: '01a20000-0000-7000-8000-000000000002',
  server_name: 'nas',
  kind: 'zfs',
  name: 'tank',
  layout: 'mirror',
  state: 'ONLINE',
  level: 'warning',
  level_since: AT,
  reasons: [
    {
      code: 'zfs_device_errors',
      level: 'warning',
      message: 'sdb has had errors: 0 of reading, 0 of writing, 154 of checksums.',
      fix: 'Look at the cable.',
      source: 'OpenZFS',
      is_acknowledged: false,
    },
  ],
  size_bytes: 4e12,
  used_bytes: 1e12,
  used_percent: 25,
  fragmentation_percent: 3,
  activity: '',
  activity_percent: null,
  activity_ends_at: null,
  last_scrub_at: AT,
  last_scrub_errors: 0,
  first_seen_at: AT,
  last_seen_at: AT,
  missing_since: null,
  status: '',
  action: '',
  message_id: 'ZFS-8000-9P',
  data_errors: 0,
  mismatches: null,
  cannot_scrub: '',
  notes: [{ name: 'Mounted at', value: '/srv/pictures' }],
  scrub_days: 0,
  scrub_hour: null,
  scrub_started_at: null,
  members: [
    member({ name: 'mirror-0', is_leaf: false }),
    member({ name: 'sda', parent: 0 }),
    member({ name: 'sdb', parent: 0, checksum_errors: 154 }),
  ],
  volumes: [],
  datasets: [],
  datasets_read_at: null,
  ...fields,
});
