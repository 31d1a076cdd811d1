import { Table, Text } from '@mantine/core';
import { useFirstRows } from '@/components/first-rows';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { formatBytes, formatDuration, formatPercent, NOT_KNOWN } from '@/lib/format';
import type { State } from '@/lib/states';
import type { Dataset, PoolDetail } from '../api';
import classes from './pools.module.css';

function quotaState(percent: number): State {
  return percent >= 90 ? 'critical' : percent >= 80 ? 'warning' : 'ok';
}

function Quota({ dataset: { quota_percent: percent, quota_bytes } }: { dataset: Dataset }) {
  if (percent === null) return <>{NOT_KNOWN}</>;
  return (
    <StatusBadge state={quotaState(percent)}>
      {formatPercent(percent / 100)} of {formatBytes(quota_bytes)}
    </StatusBadge>
  );
}

function Newest({ dataset }: { dataset: Dataset }) {
  const newest = <RelativeTime at={dataset.newest_at} never="none" />;
  if (!dataset.is_late) return newest;
  return <StatusBadge state="warning">{newest}, late</StatusBadge>;
}

const rhythmOf = ({ every_seconds }: Dataset) =>
  every_seconds === null ? 'no rhythm' : `every ${formatDuration(every_seconds)} or sooner`;

function DatasetRow({ dataset }: { dataset: Dataset }) {
  return (
    <Table.Tr>
      <Table.Td>{dataset.name}</Table.Td>
      <Table.Td className={classes.count}>{formatBytes(dataset.used_bytes)}</Table.Td>
      <Table.Td>
        <Quota dataset={dataset} />
      </Table.Td>
      <Table.Td className={classes.count}>{dataset.snapshots}</Table.Td>
      <Table.Td>
        <Newest dataset={dataset} />
      </Table.Td>
      <Table.Td>{dataset.newest_at === null ? NOT_KNOWN : rhythmOf(dataset)}</Table.Td>
      <Table.Td>
        <RelativeTime at={dataset.oldest_at} />
      </Table.Td>
      <Table.Td className={classes.count}>{formatBytes(dataset.snapshot_bytes)}</Table.Td>
    </Table.Tr>
  );
}

/** The datasets of a ZFS pool that have snapshots or a quota, those that need a look first. */
export function PoolDatasets({ pool }: { pool: PoolDetail }) {
  const [shown, more] = useFirstRows(pool.datasets, 'datasets', 25);
  if (pool.datasets.length === 0) return null;
  return (
    <Section title="Snapshots and quotas">
      <div className={classes.scroll} role="region" aria-label="Datasets" tabIndex={0}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Dataset</Table.Th>
              <Table.Th className={classes.count}>Used</Table.Th>
              <Table.Th>Of its quota</Table.Th>
              <Table.Th className={classes.count}>Snapshots</Table.Th>
              <Table.Th>Newest</Table.Th>
              <Table.Th>Made</Table.Th>
              <Table.Th>Oldest</Table.Th>
              <Table.Th className={classes.count}>Held by snapshots</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((dataset) => (
              <DatasetRow key={dataset.name} dataset={dataset} />
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {more}
      <Text size="sm" c="dimmed" mt="sm">
        Asked every six hours, last <RelativeTime at={pool.datasets_read_at} />. Datasets with
        neither snapshots nor a quota are left out.
      </Text>
    </Section>
  );
}
