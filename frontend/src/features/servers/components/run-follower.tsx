import { Box } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useMay } from '@/api/session';
import { JobProgress } from '@/components/job-progress';
import { ProblemAlert } from '@/components/problem-alert';
import { cancelRun, jobRunQuery } from '../api';

interface RunFollowerProps {
  runId: string;
  title: string;
  /** Called a few seconds after it went well; what failed stays to be read. */
  onDismiss: () => void;
}

const SHOWN_AFTER_MS = 4_000;

const STATES = {
  queued: 'waiting',
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
  lost: 'failed',
} as const;

function textOf(result: unknown): string {
  if (typeof result !== 'object' || result === null) return '';
  const reason = 'reason' in result ? result.reason : null;
  return typeof reason === 'string' ? reason : '';
}

/** Work on one server, from its start to its end. */
export function RunFollower({ runId, title, onDismiss }: RunFollowerProps) {
  const client = useQueryClient();
  const query = useQuery(jobRunQuery(runId));
  const run = query.data;
  const mayCancel = useMay('jobs:manage');
  const hasEnded = run !== undefined && run.state !== 'queued' && run.state !== 'running';
  const isGood = run?.state === 'succeeded';
  useEffect(() => {
    if (!hasEnded) return undefined;
    void client.invalidateQueries({ queryKey: ['servers'] });
    void client.invalidateQueries({ queryKey: ['metrics'] });
    if (!isGood) return undefined;
    const timer = setTimeout(onDismiss, SHOWN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [hasEnded, isGood, client, onDismiss]);
  if (query.error) return <ProblemAlert error={query.error} what="The run cannot be followed" />;
  return (
    <Box w={{ base: '100%', sm: 360 }}>
      <JobProgress
        title={title}
        state={run ? STATES[run.state] : 'waiting'}
        fraction={run && run.progress_total > 0 ? run.progress_done / run.progress_total : null}
        message={run && (run.error || textOf(run.result) || run.progress_note)}
        onCancel={mayCancel ? () => void cancelRun(runId) : undefined}
      />
    </Box>
  );
}
