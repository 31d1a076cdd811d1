import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { jobsQuery, runsQuery, type Job } from '../api';
import { runColumns } from './run-columns';
import { SchedulesTable } from './schedules-table';

const LATEST = 8;

function LatestRuns({ jobs }: { jobs: readonly Job[] | undefined }) {
  const runs = useQuery(runsQuery({}, LATEST));
  // Neither text filter nor sorting: the page of all runs has them.
  const columns = runColumns(jobs).map((column) => ({
    ...column,
    sortBy: undefined,
    text: undefined,
  }));
  return (
    <Section
      title="Latest runs"
      actions={
        <Button component={Link} to="/system/runs" size="xs" variant="default">
          All runs
        </Button>
      }
    >
      <Faces
        query={runs}
        what="The runs could not be read"
        skeleton={<RowsSkeleton rows={3} />}
        isEmpty={(page) => page.items.length === 0}
        empty={
          <EmptyState title="No runs are kept">
            Routine work that succeeded leaves no line; what fails, and what people start, stands
            here.
          </EmptyState>
        }
      >
        {(page) => (
          <DataTable
            label="Latest runs"
            noun="run"
            rows={page.items}
            columns={columns}
            rowId={(run) => run.id}
            search={{}}
            onSearch={() => undefined}
            paging={{ page: 1, pageCount: 1, total: page.total }}
          />
        )}
      </Faces>
    </Section>
  );
}

export function JobsPage() {
  const jobs = useQuery(jobsQuery);
  return (
    <Page
      title="Jobs"
      crumbs={[{ label: 'System', link: { to: '/system' } }]}
      subtitle="What Unity does by the clock, and what it does now."
    >
      <Faces
        query={jobs}
        what="The jobs could not be read"
        skeleton={<RowsSkeleton />}
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState title="No jobs yet">
            The process that runs the jobs enters them when it starts. Check that{' '}
            <code>unity serve</code> or <code>unity worker</code> is running.
          </EmptyState>
        }
      >
        {(list) => <SchedulesTable jobs={list} />}
      </Faces>
      <LatestRuns jobs={jobs.data} />
    </Page>
  );
}
