import { Button, Group, Menu } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { JobProgress } from '@/components/job-progress';
import { ProblemAlert } from '@/components/problem-alert';
import { selfTestRunQuery, useRetire, useSelfTest, type DeviceDetail } from '../api';

const RUNS = {
  queued: 'waiting',
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
  lost: 'failed',
} as const;

function messageOf(result: unknown): string {
  if (typeof result !== 'object' || result === null || !('message' in result)) return '';
  const minutes = 'minutes' in result && typeof result.minutes === 'number' ? result.minutes : null;
  const takes = minutes === null ? '' : ` It takes about ${minutes} minutes.`;
  return `${String(result.message)}${takes}`;
}

/** How the start of a self-test goes. */
export function SelfTestProgress({ runId }: { runId: string }) {
  const query = useQuery(selfTestRunQuery(runId));
  if (query.error) return <ProblemAlert error={query.error} />;
  const run = query.data;
  return (
    <JobProgress
      title="Asking the drive"
      state={run ? RUNS[run.state] : 'waiting'}
      message={run?.error || messageOf(run?.result)}
    />
  );
}

/** What can be done with a drive; what is not allowed is not shown. */
export function DeviceActions({
  device,
  onStarted,
}: {
  device: DeviceDetail;
  onStarted: (runId: string) => void;
}) {
  const [isRetiring, setRetiring] = useState(false);
  const test = useSelfTest(device.id);
  const retire = useRetire(device.id);
  if (!useMay('servers:manage')) return null;
  const start = (kind: 'short' | 'long' | 'abort') =>
    test.mutate(kind, { onSuccess: ({ run_id }) => onStarted(run_id) });
  return (
    <Group gap="xs">
      {device.state === 'present' && (
        <Menu>
          <Menu.Target>
            <Button variant="default" loading={test.isPending}>
              Self-test
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => start('short')}>Short, a few minutes</Menu.Item>
            <Menu.Item onClick={() => start('long')}>Long, some hours</Menu.Item>
            <Menu.Item onClick={() => start('abort')}>End the one that runs</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      {(device.state === 'missing' || device.state === 'gone') && (
        <Button variant="default" onClick={() => setRetiring(true)}>
          Retire
        </Button>
      )}
      {test.error && <ProblemAlert error={test.error} />}
      <ConfirmDialog
        isOpen={isRetiring}
        onClose={() => setRetiring(false)}
        title={`Retire ${device.title}?`}
        confirmLabel="Retire"
        isBusy={retire.isPending}
        error={retire.error}
        onConfirm={() => retire.mutate(undefined, { onSuccess: () => setRetiring(false) })}
      >
        Its alerts end and its history stays. Should it come back, in this machine or another, it is
        known again.
      </ConfirmDialog>
    </Group>
  );
}
