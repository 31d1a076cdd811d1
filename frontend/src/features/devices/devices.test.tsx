import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { sessionQuery, type Permission } from '@/api/session';
import { pageOf, session } from '@/testing/factories';
import { renderUi, testClient } from '@/testing/render';
import { server } from '@/testing/server';
import type { DeviceDetail } from './api';
import { DevicePage } from './components/device-page';
import { DevicesPage } from './components/devices-page';

const LIST = '*/api/infrastructure/devices';
const ID = '01a20000-0000-7000-8000-000000000001';
const ONE = `${LIST}/${ID}`;
const AT = '2026-11-23T04:00:00Z';

const signedIn = (permissions: Permission[] = ['servers:read', 'servers:manage']) => {
  const client = testClient();
  client.setQueryData(sessionQuery.queryKey, session({ permissions }));
  return client;
};

const device = (fields: Partial<DeviceDetail> = {}): DeviceDetail => ({
  id: ID,
  server_id: '01a20000-0000-7000-8000-000000000002',
  server_name: 'nas',
  name: 'sda',
  title: 'WDC WD40EFRX WD-1 (sda)',
  model: 'WDC WD40EFRX',
  vendor: '',
  serial: 'WD-1',
  wwn: '50014ee2b5e00001',
  firmware: '82.00A82',
  media: 'hdd',
  transport: 'sata',
  capacity_bytes: 4e12,
  uses: ['/srv'],
  state: 'present',
  level: 'warning',
  known_level: 'warning',
  level_since: AT,
  unknown_reason: '',
  reasons: [
    {
      code: 'pending_sectors',
      level: 'warning',
      message: '2 sectors wait to be reallocated.',
      value: 2,
      source: 'Backblaze',
      fix: 'Check the backups.',
      baseline: 0,
      is_acknowledged: false,
    },
  ],
  read_state: 'read',
  read_detail: '',
  read_at: AT,
  temperature_celsius: 31,
  wear_percent: null,
  power_on_hours: 47456,
  written_bytes: null,
  first_seen_at: AT,
  last_seen_at: AT,
  missing_since: null,
  identity: 'serial:wd-1',
  path: '/dev/sda',
  smart_type: 'sat',
  address: '',
  protocol: 'ata',
  family: '',
  interface: '6.0 Gb/s',
  rotation_rpm: 5400,
  tool_version: '7.3',
  passed: true,
  temperature_warning: null,
  temperature_critical: null,
  error_log_count: 0,
  errors: [],
  attributes: [
    {
      id: 197,
      name: 'Current_Pending_Sector',
      value: 200,
      worst: 200,
      threshold: 0,
      raw: '2',
      when_failed: '',
      is_scored: true,
    },
  ],
  fields: [],
  self_tests: [
    { kind: 'Short offline', outcome: 'aborted', detail: 'Aborted', at_hours: 9, lba: null },
  ],
  self_test_running_percent: null,
  short_test_days: 0,
  long_test_days: 30,
  short_test_at: null,
  long_test_at: null,
  opinions: [{ who: 'Pulse', opinion: 'failed', why: '197' }],
  limits: [],
  replaced_by_id: null,
  ...fields,
});

beforeEach(() => {
  const levels = [{ level: 'warning', count: 1 }];
  server.use(
    http.get(LIST, () => HttpResponse.json(pageOf(device()))),
    http.get(`${LIST}/summary`, () =>
      HttpResponse.json({
        total: 1,
        capacity_bytes: 4e12,
        levels,
        missing: 0,
        hottest_celsius: 31,
        most_worn_percent: null,
      }),
    ),
    http.get(`${LIST}/rules`, () => HttpResponse.json([])),
    http.get(ONE, () => HttpResponse.json(device())),
    http.get(`${ONE}/events`, () => HttpResponse.json(pageOf())),
    http.get('*/api/infrastructure/upkeep/actions', () => HttpResponse.json(pageOf())),
    http.get('*/api/metrics/query', () =>
      HttpResponse.json({ step: 300, tier: 'raw', times: [], series: [] }),
    ),
  );
});

describe('the list of drives', () => {
  it('shows each drive with its verdict and why', async () => {
    await renderUi(<DevicesPage />, { client: signedIn() });
    expect(await screen.findByText('WDC WD40EFRX')).toBeVisible();
    expect(screen.getAllByText(/sectors wait/)[0]).toBeInTheDocument();
    expect(await screen.findByText(/hottest 31/)).toBeVisible();
  });

  it('says what will come when there are none', async () => {
    server.use(http.get(LIST, () => HttpResponse.json(pageOf())));
    await renderUi(<DevicesPage />, { client: signedIn() });
    expect(await screen.findByText('No drives seen yet')).toBeVisible();
  });
});

describe('the page of a drive', () => {
  it('acknowledges one reason', async () => {
    const asked = vi.fn();
    server.use(
      http.post(`${ONE}/acknowledge`, async ({ request }) => {
        asked(await request.json());
        return HttpResponse.json(device());
      }),
    );
    await renderUi(<DevicePage deviceId={ID} />, { client: signedIn() });
    await userEvent.click(await screen.findByRole('button', { name: 'Acknowledge' }));
    await vi.waitFor(() => expect(asked).toHaveBeenCalledWith({ codes: ['pending_sectors'] }));
  });

  it('shows attributes, an aborted test as none that failed, and other opinions', async () => {
    await renderUi(<DevicePage deviceId={ID} />, { client: signedIn() });
    const table = await screen.findByRole('region', { name: 'Attribute table' });
    expect(within(table).getByText('Current Pending Sector')).toBeVisible();
    expect(screen.getByText('aborted')).toBeVisible();
    expect(screen.getByText('Pulse: failed')).toBeVisible();
  });

  it('shows the errors that the drive logged', async () => {
    const error = { number: 9, what: 'UNC', command: 'READ DMA', at_hours: 13365, lba: 3059519 };
    server.use(
      http.get(ONE, () => HttpResponse.json(device({ error_log_count: 9, errors: [error] }))),
    );
    await renderUi(<DevicePage deviceId={ID} />, { client: signedIn() });
    const log = await screen.findByRole('region', { name: 'Log of errors' });
    expect(within(log).getByText('UNC')).toBeVisible();
    expect(within(log).getByText('sector 3059519')).toBeVisible();
  });

  it('says of a sleeping disk what was known, and when', async () => {
    const asleep = 'It sleeps, and was left asleep.';
    server.use(
      http.get(ONE, () => HttpResponse.json(device({ level: 'unknown', unknown_reason: asleep }))),
    );
    await renderUi(<DevicePage deviceId={ID} />, { client: signedIn() });
    expect(await screen.findByText(/left asleep/, { selector: 'p' })).toBeVisible();
    expect(screen.getByText(/then it was/)).toBeVisible();
  });

  it('offers nothing to those who may only look', async () => {
    await renderUi(<DevicePage deviceId={ID} />, { client: signedIn(['servers:read']) });
    expect(await screen.findByText('Attributes')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Acknowledge' })).toBeNull();
    expect(screen.queryByText('Own limits')).toBeNull();
  });
});
