import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { Filter } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { SavedViews } from '@/components/saved-views';
import type { TableState } from '@/lib/search';
import { jobsQuery, runsQuery, RUNS_PER_PAGE, type JobRun } from '../api';
import { RUN_STATES } from '../run-states';
import { runColumns } from './run-columns';

interface RunsTableProps {
  search: TableState;
  onSearch: (change: Partial<TableState>) => void;
  /** Only runs of this job; the filter by job is left out. */
  of?: string;
}

function isUnfiltered({ q, state, name, page }: TableState): boolean {
  return [q, state, name, page].every((value) => value === undefined);
}

/** Runs as the server filters, sorts and pages them. */
export function RunsTable({ search, onSearch, of }: RunsTableProps) {
  const navigate = useNavigate();
  const jobs = useQuery(jobsQuery).data;
  const runs = useQuery(runsQuery(of === undefined ? search : { ...search, name: of }));
  const state: Filter<JobRun> = {
    id: 'state',
    label: 'Status',
    options: RUN_STATES.map((value) => ({ value, label: value })),
  };
  const name: Filter<JobRun> = {
    id: 'name',
    label: 'Job',
    options: (jobs ?? []).map((job) => ({ value: job.name, label: job.title })),
  };
  return (
    <Faces
      query={runs}
      what="The runs could not be read"
      skeleton={<RowsSkeleton />}
      isEmpty={(page) => page.total === 0 && isUnfiltered(search)}
      empty={
        <EmptyState title="No runs are kept">
          A run stands here while it is queued, running or has just ended. Routine work that
          succeeded leaves no line.
        </EmptyState>
      }
    >
      {(page) => (
        <DataTable
          label="Runs"
          noun="run"
          actions={of === undefined && <SavedViews page="runs" />}
          rows={page.items}
          columns={runColumns(jobs)}
          filters={of === undefined ? [state, name] : [state]}
          rowId={(run) => run.id}
          search={search}
          onSearch={onSearch}
          onOpen={(run) => void navigate({ to: '/system/runs/$runId', params: { runId: run.id } })}
          paging={{
            page: page.page,
            pageCount: Math.ceil(page.total / RUNS_PER_PAGE),
            total: page.total,
          }}
        />
      )}
    </Faces>
  );
}
