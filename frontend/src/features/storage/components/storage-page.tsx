import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { plansQuery } from '@/api/upkeep';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { StatusBadge } from '@/components/status-badge';
import { formatBytes, formatUnit, plural } from '@/lib/format';
import type { State } from '@/lib/states';
import {
  allDrivesQuery,
  badPools,
  driveReason,
  drivesInShortQuery,
  driveState,
  driveWords,
  illDrivesQuery,
  isBad,
  MOST_TROUBLES,
  poolReason,
  poolsInShortQuery,
  poolState,
  type Drive,
  type DrivesInShort,
  type Pool,
  type PoolsInShort,
  worstPoolsQuery,
} from '../api';
import { Bays } from './bays';
import classes from './storage.module.css';

interface Trouble {
  id: string;
  state: State;
  word: string;
  link: ReactNode;
  why: string;
}

/** What is not well, the worst first; what is only unknown is seen among the bays. */
export function troublesOf(drives: readonly Drive[], pools: readonly Pool[]): Trouble[] {
  const found: Trouble[] = [
    ...pools
      .filter((pool) => isBad(poolState(pool)))
      .map((pool) => ({
        id: pool.id,
        state: poolState(pool),
        word: pool.level,
        link: (
          <Link to="/storage/pools/$poolId" params={{ poolId: pool.id }}>
            {pool.name} on {pool.server_name}
          </Link>
        ),
        why: poolReason(pool),
      })),
    ...drives
      .filter((drive) => isBad(driveState(drive)))
      .map((drive) => ({
        id: drive.id,
        state: driveState(drive),
        word: driveWords(drive),
        link: (
          <Link to="/storage/devices/$deviceId" params={{ deviceId: drive.id }}>
            {drive.title} on {drive.server_name}
          </Link>
        ),
        why: driveReason(drive),
      })),
  ];
  return found.sort((a, b) => Number(b.state === 'critical') - Number(a.state === 'critical'));
}

function Attention({ pools }: { pools: PoolsInShort | undefined }) {
  const ill = useQuery(illDrivesQuery).data;
  const worst = useQuery(worstPoolsQuery).data?.items ?? [];
  const troubles = troublesOf(ill?.items ?? [], worst);
  if (troubles.length === 0) return null;
  const shown = troubles.slice(0, MOST_TROUBLES);
  const badAsked = worst.filter((pool) => isBad(poolState(pool))).length;
  const unasked =
    (ill ? ill.total - ill.items.length : 0) + (pools ? badPools(pools) - badAsked : 0);
  const more = troubles.length - shown.length + unasked;
  return (
    <Section title="Needs attention">
      <ul className={classes.attention}>
        {shown.map((trouble) => (
          <li key={trouble.id}>
            <StatusBadge state={trouble.state}>{trouble.word}</StatusBadge>
            <div>
              {trouble.link}
              <div>{trouble.why}</div>
            </div>
          </li>
        ))}
      </ul>
      {more > 0 && <p>And {more} more.</p>}
    </Section>
  );
}

function Figure({
  to,
  value,
  children,
}: {
  to: NonNullable<LinkProps['to']>;
  value: string;
  children: string;
}) {
  return (
    <li>
      <Link className={classes.figure} to={to}>
        <strong>{value}</strong>
        <span>{children}</span>
      </Link>
    </li>
  );
}

function Figures({ drives, pools }: { drives: DrivesInShort; pools: PoolsInShort | undefined }) {
  const plans = useQuery(plansQuery());
  const { total, capacity_bytes: size, hottest_celsius: hottest, most_worn_percent: worn } = drives;
  const overdue = plans.data?.items.filter((plan) => plan.is_overdue).length ?? 0;
  return (
    <ul className={classes.figures}>
      <Figure to="/storage/devices" value={String(total)}>
        {`${total === 1 ? 'drive' : 'drives'}, ${formatBytes(size)}`}
      </Figure>
      {pools && (
        <Figure to="/storage/pools" value={String(pools.total)}>
          {`${pools.total === 1 ? 'pool' : 'pools'}${pools.busy > 0 ? `, ${pools.busy} busy` : ''}`}
        </Figure>
      )}
      {hottest !== null && (
        <Figure to="/storage/devices" value={formatUnit(hottest, 'celsius')}>
          hottest drive
        </Figure>
      )}
      {worn !== null && (
        <Figure to="/storage/devices" value={`${worn} %`}>
          of its endurance used, the most worn
        </Figure>
      )}
      <Figure to="/storage/upkeep" value={String(overdue)}>
        tests and scrubs overdue
      </Figure>
    </ul>
  );
}

/** All storage at a glance: what needs attention, and the drives where they stand. */
export function StoragePage() {
  const drives = useQuery(allDrivesQuery);
  const pools = useQuery(poolsInShortQuery).data;
  const inShort = useQuery(drivesInShortQuery).data;
  return (
    <Page title="Storage" subtitle="Every drive and pool, how it is, and what needs attention.">
      <Faces
        query={drives}
        what="The drives could not be read"
        skeleton={<RowsSkeleton rows={8} />}
        isEmpty={({ total }) => total === 0 && !pools?.total}
        empty={
          <EmptyState title="No drives seen yet">
            Unity lists the drives of every server at each collection, and reads their health every
            six hours where smartmontools is installed.
          </EmptyState>
        }
      >
        {({ items, total }) => (
          <>
            {inShort && <Figures drives={inShort} pools={pools} />}
            <Attention pools={pools} />
            <Bays drives={items} />
            {total > items.length && (
              <p>
                The first {plural(items.length, 'drive')} of {total} are shown here;{' '}
                <Link to="/storage/devices">the list has all</Link>.
              </p>
            )}
          </>
        )}
      </Faces>
    </Page>
  );
}
