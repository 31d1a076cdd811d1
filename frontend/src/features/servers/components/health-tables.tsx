import { Text } from '@mantine/core';
import { Meter } from '@/components/meter';
import { Section } from '@/components/page';
import { StatusBadge } from '@/components/status-badge';
import { formatBytes, formatPercent } from '@/lib/format';
import type { Fact } from '../api';
import {
  filesystemsValue,
  processesValue,
  unitsValue,
  valueOf,
  type ProcessRow,
} from '../fact-values';
import classes from './servers.module.css';
import { fullness } from './vitals';

const MOST_PROCESSES = 8;

export function Filesystems({ facts }: { facts: readonly Fact[] }) {
  const local = valueOf(facts, 'filesystems', filesystemsValue)?.filesystems ?? [];
  const remote = valueOf(facts, 'remote_filesystems', filesystemsValue)?.filesystems ?? [];
  const all = [...local, ...remote];
  if (all.length === 0) return null;
  return (
    <Section title="File systems">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Where</th>
            <th scope="col">Used</th>
            <th scope="col" data-align="right">
              Free
            </th>
            <th scope="col" data-align="right" data-hide="sm">
              Size
            </th>
            <th scope="col" data-align="right" data-hide="sm">
              Inodes used
            </th>
          </tr>
        </thead>
        <tbody>
          {all.map((one) => (
            <tr key={`${one.device} ${one.mountpoint}`}>
              <td>
                {one.mountpoint}
                <Text size="xs" c="dimmed">
                  {one.device}, {one.fstype}
                </Text>
              </td>
              <td>
                <Meter label="" percent={fullness(one)} />
              </td>
              <td data-align="right">{formatBytes(one.available_bytes)}</td>
              <td data-align="right" data-hide="sm">
                {formatBytes(one.size_bytes)}
              </td>
              <td data-align="right" data-hide="sm">
                {formatPercent(
                  one.inodes && one.inodes_free != null ? 1 - one.inodes_free / one.inodes : null,
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function ProcessTable({ title, rows }: { title: string; rows: readonly ProcessRow[] }) {
  return (
    <Section title={title}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Process</th>
            <th scope="col" data-hide="sm">
              User
            </th>
            <th scope="col" data-align="right">
              CPU
            </th>
            <th scope="col" data-align="right">
              Memory
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST_PROCESSES).map((row) => (
            <tr key={row.pid}>
              <td>
                {row.name}{' '}
                <Text span size="xs" c="dimmed">
                  {row.pid}
                </Text>
              </td>
              <td data-hide="sm">{row.user}</td>
              <td data-align="right">
                {formatPercent(row.cpu_percent == null ? null : row.cpu_percent / 100)}
              </td>
              <td data-align="right">{formatBytes(row.memory_bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

export function Processes({ facts }: { facts: readonly Fact[] }) {
  const processes = valueOf(facts, 'processes', processesValue);
  if (!processes) return null;
  return (
    <>
      <ProcessTable title="Processes by CPU" rows={processes.by_cpu} />
      <ProcessTable title="Processes by memory" rows={processes.by_memory} />
    </>
  );
}

/** Only where a unit failed; that none did is said among the facts. */
export function FailedUnits({ facts }: { facts: readonly Fact[] }) {
  const units = valueOf(facts, 'units', unitsValue)?.units ?? [];
  if (units.length === 0) return null;
  return (
    <Section title="Failed units">
      <table className={classes.table}>
        <tbody>
          {units.map((unit) => (
            <tr key={unit.name}>
              <td>
                <StatusBadge state="critical">{unit.state}</StatusBadge>
              </td>
              <td>
                {unit.name}
                <Text size="sm" c="dimmed">
                  {unit.description}
                </Text>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Text size="sm" c="dimmed" mt={8}>
        What happened stands in <code>journalctl -u NAME -n 50</code> on the machine.
      </Text>
    </Section>
  );
}
