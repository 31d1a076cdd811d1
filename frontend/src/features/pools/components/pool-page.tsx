import { Button, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useMay } from '@/api/session';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Marked } from '@/components/marked';
import { Meter } from '@/components/meter';
import { Page, Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { UpkeepJournal } from '@/components/upkeep-journal';
import { formatBytes, formatPercent, NOT_KNOWN } from '@/lib/format';
import {
  KINDS,
  LEVEL_WORDS,
  poolQuery,
  stateOf,
  useAcknowledgePool,
  useForgetPool,
  type PoolDetail,
  type PoolKind,
} from '../api';
import { MemberTree } from './member-tree';
import { PoolDatasets } from './pool-datasets';
import { passOf, ScrubMenu, ScrubProgress, ScrubSchedule } from './pool-scrubs';
import { activityOf, reasonOf } from './pools-columns';
import classes from './pools.module.css';

// What can be acknowledged: what has happened. A state is mended, and a scrub is run.
const HAPPENED = /errors|mismatches|snapshots/;
const share = (percent: number | null) => formatPercent(percent === null ? null : percent / 100);

function Acknowledge({ pool }: { pool: PoolDetail }) {
  const acknowledge = useAcknowledgePool(pool.id);
  const isOpen = pool.reasons.some(
    (reason) => HAPPENED.test(reason.code) && !reason.is_acknowledged,
  );
  if (!useMay('servers:manage') || !isOpen) return null;
  return (
    <>
      <Button
        size="xs"
        variant="default"
        loading={acknowledge.isPending}
        onClick={() => acknowledge.mutate()}
      >
        I know this
      </Button>
      {acknowledge.error && <ProblemAlert error={acknowledge.error} />}
    </>
  );
}

function Reasons({ pool }: { pool: PoolDetail }) {
  if (pool.reasons.length === 0) return null;
  return (
    <Section title="What is wrong" actions={<Acknowledge pool={pool} />}>
      <Stack gap="sm">
        {pool.reasons.map((reason) => (
          <div key={`${reason.code}-${reason.message}`}>
            <p className={classes.reason}>
              <StatusBadge state={stateOf(reason.level)}>{reason.message}</StatusBadge>
            </p>
            <Text size="sm">
              <Marked text={reason.fix} />
            </Text>
            <Text size="sm" c="dimmed">
              Source: {reason.source}
              {reason.is_acknowledged && '. Acknowledged: quiet until it changes.'}
            </Text>
          </div>
        ))}
      </Stack>
    </Section>
  );
}

/** A fact that only some kinds of pools have. */
const ofSome = (label: string, value: string): [string, string][] =>
  value === '' ? [] : [[label, value]];

/** When what runs will end: a tool that is slow or has just begun foretells nothing. */
const endOf = (pool: PoolDetail) =>
  pool.activity_ends_at === null ? (
    'cannot be told yet'
  ) : (
    <RelativeTime key="ends" at={pool.activity_ends_at} />
  );

// As the verdicts have it. What is given to volumes of LVM is no worry, however much it is; a btrfs
// is watched as every file system.
const MARKS: Record<PoolKind, { warnAt?: number; criticalAt?: number }> = {
  zfs: { warnAt: 85, criticalAt: 95 },
  lvm: { warnAt: Infinity, criticalAt: Infinity },
  btrfs: {},
  md: {},
};

function Facts({ pool }: { pool: PoolDetail }) {
  return (
    <Section title="State">
      <Stack gap="sm">
        {pool.used_percent !== null && (
          <Meter
            label="Used"
            percent={pool.used_percent}
            note={`${formatBytes(pool.used_bytes)} of ${formatBytes(pool.size_bytes)}`}
            {...MARKS[pool.kind]}
          />
        )}
        <FactList
          facts={[
            ['Kind', `${KINDS[pool.kind]} ${pool.layout}`],
            ...ofSome('Size', pool.used_percent === null ? formatBytes(pool.size_bytes) : ''),
            ['Its tool says', [pool.state, pool.status].filter(Boolean).join(': ')],
            ...ofSome('It advises', pool.action),
            ['Runs now', activityOf(pool) || 'nothing'],
            ...(pool.activity ? [['Ends', endOf(pool)] as [string, ReactNode]] : []),
            [`Last ${passOf(pool)}`, <RelativeTime key="scrub" at={pool.last_scrub_at} />],
            ['Errors of it', pool.last_scrub_errors ?? NOT_KNOWN],
            ...ofSome(
              'Fragmentation',
              pool.fragmentation_percent === null ? '' : share(pool.fragmentation_percent),
            ),
            ...pool.notes.map(({ name, value }): [string, string] => [name, value]),
            ['First seen', <RelativeTime key="first" at={pool.first_seen_at} />],
            ['Last seen', <RelativeTime key="last" at={pool.last_seen_at} />],
          ]}
        />
      </Stack>
    </Section>
  );
}

function Volumes({ pool }: { pool: PoolDetail }) {
  if (pool.volumes.length === 0) return null;
  return (
    <Section title="Volumes">
      <div className={classes.scroll} role="region" aria-label="Volumes" tabIndex={0}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Volume</Table.Th>
              <Table.Th>Layout</Table.Th>
              <Table.Th className={classes.count}>Size</Table.Th>
              <Table.Th className={classes.count}>Data</Table.Th>
              <Table.Th className={classes.count}>Metadata</Table.Th>
              <Table.Th>Health</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {pool.volumes.map((volume) => (
              <Table.Tr key={volume.name}>
                <Table.Td>{volume.name}</Table.Td>
                <Table.Td>{volume.layout}</Table.Td>
                <Table.Td className={classes.count}>{formatBytes(volume.size_bytes)}</Table.Td>
                <Table.Td className={classes.count}>{share(volume.data_percent)}</Table.Td>
                <Table.Td className={classes.count}>{share(volume.metadata_percent)}</Table.Td>
                <Table.Td>{volume.health || 'well'}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </Section>
  );
}

function Forget({ pool }: { pool: PoolDetail }) {
  const [isOpen, setOpen] = useState(false);
  const forget = useForgetPool();
  const navigate = useNavigate();
  if (!useMay('servers:manage') || !pool.missing_since) return null;
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        Forget
      </Button>
      <ConfirmDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={`Forget ${pool.name}?`}
        confirmLabel="Forget"
        isBusy={forget.isPending}
        error={forget.error}
        onConfirm={() =>
          forget.mutate(pool.id, { onSuccess: () => void navigate({ to: '/storage/pools' }) })
        }
      >
        Its history here goes. Nothing is done to the machine; should it show the pool again, the
        pool comes back.
      </ConfirmDialog>
    </>
  );
}

/** One pool: why it is not well, what to do, and what it is made of. */
export function PoolPage({ poolId, around }: { poolId: string; around?: ReactNode }) {
  const query = useQuery(poolQuery(poolId));
  const [runId, setRunId] = useState<string | null>(null);
  return (
    <Faces query={query} what="The pool could not be read" skeleton={<RowsSkeleton rows={10} />}>
      {(pool) => (
        <Page
          title={pool.name}
          crumbs={[{ label: 'Pools', link: { to: '/storage/pools' } }]}
          status={
            <StatusBadge state={stateOf(pool.level)} reason={reasonOf(pool)} variant="soft">
              {LEVEL_WORDS[pool.level] ?? pool.level}
            </StatusBadge>
          }
          subtitle={
            <>
              on{' '}
              <Link to="/servers/$serverId" params={{ serverId: pool.server_id }}>
                {pool.server_name}
              </Link>
            </>
          }
          actions={
            <>
              <ScrubMenu pool={pool} onStarted={setRunId} />
              <Forget pool={pool} />
            </>
          }
        >
          {runId !== null && <ScrubProgress runId={runId} />}
          <Reasons pool={pool} />
          {around}
          <Facts pool={pool} />
          <Section title="Members">
            <MemberTree members={pool.members} />
          </Section>
          <Volumes pool={pool} />
          <PoolDatasets pool={pool} />
          <ScrubSchedule pool={pool} />
          <UpkeepJournal resourceId={pool.id} />
        </Page>
      )}
    </Faces>
  );
}
