import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { UpkeepJournal } from '@/components/upkeep-journal';
import { formatBytes, formatUnit, NOT_KNOWN } from '@/lib/format';
import { deviceQuery, MEDIA, type DeviceDetail } from '../api';
import { DeviceActions, SelfTestProgress } from './device-actions';
import { DeviceCharts } from './device-chart';
import { DeviceReasons } from './device-reasons';
import { DeviceSettings } from './device-settings';
import { Attributes, ErrorLog, Events, Fields, Opinions, SelfTests } from './device-tables';
import { DeviceBadge, hoursOf, wearOf } from './devices-columns';

const wordOf = (passed: boolean) => (passed ? 'passed' : 'failed');

function limitsOf({ temperature_warning: warm, temperature_critical: hot }: DeviceDetail) {
  const known = [warm, hot].filter((limit) => limit !== null);
  return known.length === 0 ? '' : ` (its limits: ${known.join(' and ')} °C)`;
}

function Facts({ device }: { device: DeviceDetail }) {
  const kind = [MEDIA[device.media], device.interface || device.transport].filter(Boolean);
  return (
    <Section title="Drive">
      <FactList
        facts={[
          ['Serial number', device.serial || NOT_KNOWN],
          ['WWN', device.wwn || NOT_KNOWN],
          ['Kind', kind.join(', ') || NOT_KNOWN],
          ['Size', formatBytes(device.capacity_bytes)],
          ['Firmware', device.firmware || NOT_KNOWN],
          ['Used for', device.uses.join(', ') || 'nothing that is mounted'],
          ['Temperature', formatUnit(device.temperature_celsius, 'celsius') + limitsOf(device)],
          ['Powered on', hoursOf(device.power_on_hours)],
          ['Written', formatBytes(device.written_bytes)],
          ['Worn', wearOf(device.wear_percent)],
          ['It says of itself', device.passed === null ? NOT_KNOWN : wordOf(device.passed)],
          ['Errors it logged', device.error_log_count ?? NOT_KNOWN],
          ['Read', <RelativeTime key="read" at={device.read_at} never="never" />],
          ['First seen', <RelativeTime key="first" at={device.first_seen_at} />],
          ['Last seen', <RelativeTime key="last" at={device.last_seen_at} />],
        ]}
      />
    </Section>
  );
}

/** One drive: how it is and why, its numbers with their history, and what can be done. */
export function DevicePage({ deviceId, around }: { deviceId: string; around?: ReactNode }) {
  const query = useQuery(deviceQuery(deviceId));
  const [chosen, setChosen] = useState<number | null>(null);
  const [runId, setRunId] = useState<string | null>(null);
  return (
    <Faces query={query} what="The drive could not be read" skeleton={<RowsSkeleton rows={10} />}>
      {(device) => (
        <Page
          title={device.model || device.name}
          crumbs={[{ label: 'Drives', link: { to: '/storage/devices' } }]}
          status={<DeviceBadge device={device} soft />}
          subtitle={
            <>
              {device.name} on{' '}
              <Link to="/servers/$serverId" params={{ serverId: device.server_id }}>
                {device.server_name}
              </Link>
            </>
          }
          actions={<DeviceActions device={device} onStarted={setRunId} />}
        >
          {runId !== null && <SelfTestProgress runId={runId} />}
          <DeviceReasons device={device} />
          {around}
          <Facts device={device} />
          <DeviceCharts device={device} chosen={chosen} />
          <Attributes device={device} chosen={chosen} onChoose={setChosen} />
          <Fields device={device} />
          <SelfTests device={device} />
          <ErrorLog device={device} />
          <UpkeepJournal resourceId={device.id} />
          <Opinions device={device} />
          <DeviceSettings device={device} />
          <Events deviceId={device.id} />
        </Page>
      )}
    </Faces>
  );
}
