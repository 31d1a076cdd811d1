import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMay } from '@/api/session';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { JobProgress } from '@/components/job-progress';
import { CardSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Page, Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { RelativeTime } from '@/components/relative-time';
import { jobsQuery, runQuery, useCancelRun, type JobRun } from '../api';
import { isOpen } from '../run-states';
import { titleOf } from './run-columns';

const PROGRESS_STATE = {
  queued: 'waiting',
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
  lost: 'failed',
} as const;

function ending(run: JobRun): string | null {
  if (run.state === 'queued') return 'It waits for its turn.';
  if (run.is_cancel_requested && run.state === 'running') return 'It was asked to stop.';
  if (run.state === 'lost') return 'The process that worked on it ended before it was done.';
  return run.progress_note || null;
}

function Progress({ run, title }: { run: JobRun; title: string }) {
  const may = useMay('jobs:manage');
  const cancel = useCancelRun(run.id);
  const canCancel = may && isOpen(run.state) && !run.is_cancel_requested && !cancel.isPending;
  return (
    <>
      <JobProgress
        title={title}
        state={PROGRESS_STATE[run.state]}
        fraction={run.progress_total > 0 ? run.progress_done / run.progress_total : null}
        message={ending(run)}
        {...(canCancel ? { onCancel: () => cancel.mutate(undefined) } : {})}
      />
      {cancel.error && <ProblemAlert what="The run goes on" error={cancel.error} />}
    </>
  );
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function Values({ title, values }: { title: string; values: Record<string, unknown> | null }) {
  const facts = Object.entries(values ?? {}).map(([name, value]): [string, string] => [
    name,
    asText(value),
  ]);
  if (facts.length === 0) return null;
  return (
    <Section title={title}>
      <FactList facts={facts} />
    </Section>
  );
}

function Run({ run, title }: { run: JobRun; title: string }) {
  return (
    <Stack gap="md">
      <Section title="Progress">
        <Progress run={run} title={title} />
      </Section>
      {run.error && (
        <Notice state="critical" title="Why it failed">
          {run.error}
        </Notice>
      )}
      <Section title="Times">
        <FactList
          facts={[
            ['Asked by', run.requested_by],
            ['Queued', <RelativeTime key="queued" at={run.enqueued_at} />],
            ['Started', <RelativeTime key="started" at={run.started_at} never="not yet" />],
            ['Ended', <RelativeTime key="ended" at={run.finished_at} never="not yet" />],
            ['Attempts', String(run.attempt)],
          ]}
        />
      </Section>
      <Values title="Result" values={run.result} />
      <Values title="Given to it" values={run.arguments} />
    </Stack>
  );
}

export function RunPage({ id }: { id: string }) {
  const run = useQuery(runQuery(id));
  const jobs = useQuery(jobsQuery).data;
  const name = run.data?.name;
  const title = name === undefined ? 'Run' : titleOf(name, jobs);
  const hasSchedule = jobs?.some((job) => job.name === name) ?? false;
  return (
    <Page
      title={title}
      crumbs={[
        { label: 'System', link: { to: '/system' } },
        { label: 'Jobs', link: { to: '/system/jobs' } },
        { label: 'Runs', link: { to: '/system/runs' } },
      ]}
      subtitle={
        name !== undefined &&
        hasSchedule && (
          <>
            One run of the job{' '}
            <Link to="/system/jobs/$name" params={{ name }}>
              {title}
            </Link>
          </>
        )
      }
    >
      <Faces query={run} what="The run could not be read" skeleton={<CardSkeleton height={120} />}>
        {(data) => <Run run={data} title={title} />}
      </Faces>
    </Page>
  );
}
