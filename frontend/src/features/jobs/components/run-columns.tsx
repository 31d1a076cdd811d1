import { Link } from '@tanstack/react-router';
import type { Column } from '@/components/data-table/columns';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { formatDuration } from '@/lib/format';
import type { Job, JobRun } from '../api';
import { STATE_OF_RUN } from '../run-states';

function seconds(run: JobRun): number | null {
  if (run.started_at === null) return null;
  const end = run.finished_at === null ? Date.now() : Date.parse(run.finished_at);
  return Math.max(0, (end - Date.parse(run.started_at)) / 1000);
}

/** What a run is called; its job's title, or the job's plain name when it has no schedule. */
export function titleOf(name: string, jobs: readonly Job[] | undefined): string {
  return jobs?.find((job) => job.name === name)?.title ?? name;
}

// The server sorts, so `sortBy` only says that a column can be sorted.
const sortable = () => null;

export function runColumns(jobs: readonly Job[] | undefined): Column<JobRun>[] {
  return [
    {
      id: 'state',
      header: 'Status',
      width: '120px',
      sortBy: sortable,
      cell: (run) => (
        <StatusBadge state={STATE_OF_RUN[run.state]} reason={run.error || undefined}>
          {run.state}
        </StatusBadge>
      ),
    },
    {
      id: 'name',
      header: 'Job',
      sortBy: sortable,
      text: (run) => titleOf(run.name, jobs),
      cell: (run) => (
        <Link to="/system/runs/$runId" params={{ runId: run.id }}>
          {titleOf(run.name, jobs)}
        </Link>
      ),
    },
    {
      id: 'note',
      header: 'What came of it',
      hideBelow: 'md',
      text: (run) => run.error || run.progress_note,
      cell: (run) => run.error || run.progress_note,
    },
    {
      id: 'requested_by',
      header: 'Asked by',
      width: '110px',
      hideBelow: 'md',
      cell: (run) => run.requested_by,
    },
    {
      id: 'took',
      header: 'Took',
      width: '90px',
      align: 'right',
      hideBelow: 'sm',
      cell: (run) => formatDuration(seconds(run)),
    },
    {
      id: 'enqueued_at',
      header: 'Queued',
      width: '110px',
      align: 'right',
      sortBy: sortable,
      cell: (run) => <RelativeTime at={run.enqueued_at} />,
    },
  ];
}
