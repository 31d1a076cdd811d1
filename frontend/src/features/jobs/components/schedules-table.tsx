import { Link, useNavigate } from '@tanstack/react-router';
import { useMay } from '@/api/session';
import type { Column, Filter } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import type { Job } from '../api';
import { inWords } from '../trigger';
import { RunNowButton } from './job-buttons';

const FILTERS: Filter<Job>[] = [
  {
    id: 'status',
    label: 'Status',
    options: [
      { value: 'active', label: 'active' },
      { value: 'paused', label: 'paused' },
    ],
    match: (job, value) => job.is_paused === (value === 'paused'),
  },
];

export function JobStatus({ job }: { job: Job }) {
  return (
    <StatusBadge state={job.is_paused ? 'unknown' : 'ok'}>
      {job.is_paused ? 'paused' : 'active'}
    </StatusBadge>
  );
}

export function NextTime({ job }: { job: Job }) {
  if (job.is_paused) return <>not while paused</>;
  if (job.trigger === '') return <>on demand only</>;
  return <RelativeTime at={job.next_fire_at} never="soon" />;
}

const COLUMNS: Column<Job>[] = [
  {
    id: 'status',
    header: 'Status',
    width: '100px',
    sortBy: (job) => Number(job.is_paused),
    cell: (job) => <JobStatus job={job} />,
  },
  {
    id: 'title',
    header: 'Job',
    text: (job) => job.title,
    sortBy: (job) => job.title,
    cell: (job) => (
      <Link to="/system/jobs/$name" params={{ name: job.name }}>
        {job.title}
      </Link>
    ),
  },
  {
    id: 'trigger',
    header: 'Runs',
    width: '170px',
    hideBelow: 'sm',
    text: (job) => inWords(job.trigger),
    cell: (job) => inWords(job.trigger),
  },
  {
    id: 'last',
    header: 'Last',
    width: '100px',
    hideBelow: 'md',
    sortBy: (job) => job.last_fired_at,
    cell: (job) => <RelativeTime at={job.last_fired_at} never="never" />,
  },
  {
    id: 'next',
    header: 'Next',
    width: '130px',
    hideBelow: 'sm',
    sortBy: (job) => job.next_fire_at,
    cell: (job) => <NextTime job={job} />,
  },
];

const RUN_COLUMN: Column<Job> = {
  id: 'run',
  header: 'Action',
  width: '120px',
  align: 'right',
  // On a phone the title needs the room; the job's own page has the button too.
  hideBelow: 'sm',
  cell: (job) => <RunNowButton job={job} />,
};

export function SchedulesTable({ jobs }: { jobs: readonly Job[] }) {
  const [search, change] = useSearchState<TableState>();
  const navigate = useNavigate();
  const may = useMay('jobs:manage');
  return (
    <DataTable
      label="Jobs"
      noun="job"
      rows={jobs}
      columns={may ? [...COLUMNS, RUN_COLUMN] : COLUMNS}
      filters={FILTERS}
      rowId={(job) => job.name}
      search={search}
      onSearch={change}
      onOpen={(job) => void navigate({ to: '/system/jobs/$name', params: { name: job.name } })}
    />
  );
}
