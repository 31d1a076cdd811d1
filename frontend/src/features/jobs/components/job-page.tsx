import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import { jobQuery, type Job } from '../api';
import { inWords } from '../trigger';
import { JobButtons } from './job-buttons';
import { RunsTable } from './runs-table';
import { JobStatus, NextTime } from './schedules-table';

function Schedule({ job }: { job: Job }) {
  const isChanged = job.trigger !== job.default_trigger;
  return (
    <FactList
      facts={[
        [
          'Runs',
          `${inWords(job.trigger)}${isChanged ? ` (comes with: ${inWords(job.default_trigger)})` : ''}`,
        ],
        ['Next', <NextTime key="next" job={job} />],
        ['Last', <RelativeTime key="last" at={job.last_fired_at} never="never" />],
        ['Name', <code key="name">{job.name}</code>],
      ]}
    />
  );
}

export function JobPage({ name }: { name: string }) {
  const job = useQuery(jobQuery(name));
  const [search, change] = useSearchState<TableState>();
  return (
    <Page
      title={job.data?.title ?? name}
      crumbs={[
        { label: 'System', link: { to: '/system' } },
        { label: 'Jobs', link: { to: '/system/jobs' } },
      ]}
      status={job.data && <JobStatus job={job.data} />}
      actions={job.data && <JobButtons job={job.data} />}
    >
      <Stack gap="md">
        <Faces
          query={job}
          what="The job could not be read"
          skeleton={<CardSkeleton height={120} />}
        >
          {(data) => (
            <Section title="Schedule">
              <Schedule job={data} />
            </Section>
          )}
        </Faces>
        <Section title="Runs">
          <RunsTable search={search} onSearch={change} of={name} />
        </Section>
      </Stack>
    </Page>
  );
}
