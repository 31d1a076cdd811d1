import { Button, Group, Menu, NumberInput, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { JobProgress } from '@/components/job-progress';
import { Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import {
  scrubRunQuery,
  useScheduleScrubs,
  useScrub,
  type PoolDetail,
  type ScrubVerb,
} from '../api';
import classes from './pools.module.css';

const RUNS = {
  queued: 'waiting',
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
  lost: 'failed',
} as const;
const HOURS = Array.from({ length: 24 }, (_, hour) => ({
  value: String(hour),
  label: `from ${String(hour).padStart(2, '0')}:00`,
}));

/** What is done about a scrub is called differently by each system. */
export const passOf = ({ kind }: PoolDetail) =>
  kind === 'md' || kind === 'lvm' ? 'check' : 'scrub';

function messageOf(result: unknown): string {
  return typeof result === 'object' && result !== null && 'message' in result
    ? String(result.message)
    : '';
}

/** How the start of a scrub goes. */
export function ScrubProgress({ runId }: { runId: string }) {
  const query = useQuery(scrubRunQuery(runId));
  if (query.error) return <ProblemAlert error={query.error} />;
  const run = query.data;
  return (
    <JobProgress
      title="Asking the machine"
      state={run ? RUNS[run.state] : 'waiting'}
      message={run?.error || messageOf(run?.result)}
    />
  );
}

/** Start, pause and stop; what a pool does not know is not offered. */
export function ScrubMenu({
  pool,
  onStarted,
}: {
  pool: PoolDetail;
  onStarted: (runId: string) => void;
}) {
  const scrub = useScrub(pool.id);
  if (!useMay('servers:manage') || pool.missing_since || pool.cannot_scrub) return null;
  const word = passOf(pool);
  const start = (verb: ScrubVerb) =>
    scrub.mutate(verb, { onSuccess: ({ run_id }) => onStarted(run_id) });
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button variant="default" loading={scrub.isPending}>
            {word === 'check' ? 'Check' : 'Scrub'}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => start('scrub')}>Start a {word} now</Menu.Item>
          {pool.kind === 'zfs' && <Menu.Item onClick={() => start('pause')}>Pause it</Menu.Item>}
          {pool.kind !== 'lvm' && <Menu.Item onClick={() => start('stop')}>Stop it</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      {scrub.error && <ProblemAlert error={scrub.error} />}
    </>
  );
}

/** How often Unity starts a scrub, and from which hour. */
export function ScrubSchedule({ pool }: { pool: PoolDetail }) {
  const [days, setDays] = useState<string | number>(pool.scrub_days);
  const [hour, setHour] = useState<string | null>(
    pool.scrub_hour === null ? null : String(pool.scrub_hour),
  );
  const schedule = useScheduleScrubs(pool.id);
  const word = passOf(pool);
  if (!useMay('servers:manage')) return null;
  if (pool.cannot_scrub)
    return (
      <Section title={`Schedule of ${word}s`}>
        <Text size="sm">{pool.cannot_scrub}</Text>
      </Section>
    );
  return (
    <Section title={`Schedule of ${word}s`}>
      <Stack gap="sm">
        <Text size="sm">
          Days between {word}s; 0 is never. One runs on a machine at a time, and none while a disk
          sleeps, is hot, tests itself or is being rebuilt.
        </Text>
        <Group align="flex-end">
          <NumberInput
            className={classes.field}
            label="Days"
            min={0}
            max={366}
            value={days}
            onChange={setDays}
          />
          <Select
            className={classes.hour}
            label="Begins"
            placeholder="at any hour"
            data={HOURS}
            value={hour}
            onChange={setHour}
            clearable
          />
          <Button
            variant="default"
            loading={schedule.isPending}
            onClick={() =>
              schedule.mutate({
                days: typeof days === 'number' ? days : 0,
                hour: hour === null ? null : Number(hour),
              })
            }
          >
            Save schedule
          </Button>
        </Group>
        {schedule.error && <ProblemAlert error={schedule.error} />}
      </Stack>
    </Section>
  );
}
