import { Button, SimpleGrid, Stack } from '@mantine/core';
import { useState } from 'react';
import { ApiProblem } from '@/api/problem';
import { Chart } from '@/components/chart/chart';
import { CopyBlock } from '@/components/copy-block';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { JobProgress } from '@/components/job-progress';
import { Loading, RowsSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { PlanDialog } from '@/components/plan-dialog';
import { ProblemAlert } from '@/components/problem-alert';
import { RangeControl } from '@/components/range-control';
import { SecretInput } from '@/components/secret-input';
import { Stale } from '@/components/stale';
import { StatusBadge } from '@/components/status-badge';
import { useSearchState } from '@/hooks/use-search-state';
import { resolveRange, type TimeRange } from '@/lib/ranges';
import { STATES } from '@/lib/states';
import type { TableState } from '@/lib/search';
import { COLUMNS, FILTERS, gapped, machines, NOW, times } from './data';

const problem = new ApiProblem(502, {
  title: 'The server alpha does not let us in',
  detail: 'It refused the password of the account admin (publickey,password).',
  fix: 'Enter the password again, or install a key.',
  instance: 'urn:request:0193',
});

function Charts() {
  const [search, change] = useSearchState<TimeRange>();
  const { from, to } = resolveRange(search, NOW);
  const zoom = (start: number, end: number) => change({ from: start, to: end });
  const back = () => change({ from: undefined, to: undefined });
  const shared = { times, from, to, group: 'gallery', onZoom: zoom, onZoomReset: back };
  const memory = gapped(9e9, 1e9);
  return (
    <Section title="Charts" actions={<RangeControl value={search} onChange={change} />}>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Chart
          {...shared}
          title="Memory"
          unit="bytes"
          series={[
            {
              label: 'used',
              values: memory,
              min: memory.map((v) => v && v * 0.9),
              max: memory.map((v) => v && v * 1.1),
            },
          ]}
          thresholds={[{ value: 11e9, label: 'warning at 10 GiB', state: 'warning' }]}
          events={[{ at: NOW - 1800, label: 'reboot' }]}
        />
        <Chart
          {...shared}
          title="CPU"
          unit="fraction"
          min={0}
          max={1}
          isStacked
          series={['user', 'system', 'iowait'].map((label, i) => ({
            label,
            values: gapped(0.3 / (i + 1), 0.05),
          }))}
        />
      </SimpleGrid>
    </Section>
  );
}

function Faces() {
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Section title="Loading">
        <Loading>
          <RowsSkeleton rows={4} />
        </Loading>
      </Section>
      <Section title="Empty">
        <EmptyState title="No servers yet" action={<Button>Add a server</Button>}>
          Unity watches machines over SSH, without an agent. This list is empty because none was
          added.
        </EmptyState>
      </Section>
      <Section title="Problem">
        <ProblemAlert error={problem} what="alpha was not collected" onRetry={() => undefined} />
      </Section>
      <Section title="Stale">
        <Stale since={NOW - 4000} after={600}>
          <StatusBadge state="ok">online</StatusBadge>
        </Stale>
      </Section>
    </SimpleGrid>
  );
}

export function Gallery() {
  const [search, change] = useSearchState<TableState>();
  const [isPlanOpen, setIsPlanOpen] = useState(false);
  return (
    <Page
      title="alpha"
      crumbs={[{ label: 'Servers', link: { to: '/' } }]}
      status={
        <StatusBadge state="warning" variant="soft" reason="One probe failed.">
          degraded
        </StatusBadge>
      }
      subtitle="Debian 13 · 192.0.2.10"
      actions={<Button onClick={() => setIsPlanOpen(true)}>Delete</Button>}
    >
      <Charts />
      <Faces />
      <Section title="Parts">
        <Stack>
          {STATES.map((state) => (
            <StatusBadge key={state} state={state} variant="soft" />
          ))}
          <JobProgress
            title="Collecting from alpha"
            state="running"
            fraction={0.4}
            message="Reading disks"
            onCancel={() => undefined}
          />
          <CopyBlock
            label="the lines for sudoers"
            text={
              'unity ALL=(root) NOPASSWD: /usr/sbin/smartctl --json *\nunity ALL=(root) NOPASSWD: /usr/sbin/dmidecode'
            }
          />
          <SecretInput label="Password" isSet value="" onChange={() => undefined} />
        </Stack>
      </Section>
      <DataTable
        label="Servers"
        noun="server"
        rows={machines}
        columns={COLUMNS}
        filters={FILTERS}
        rowId={(row) => row.name}
        search={search}
        onSearch={change}
        onOpen={() => undefined}
        bulkActions={() => <Button size="xs">Collect now</Button>}
        actions={<Button>Add a server</Button>}
      />
      <PlanDialog
        isOpen={isPlanOpen}
        onClose={() => setIsPlanOpen(false)}
        title="Delete the server alpha"
        plan={{
          steps: ['Collection from alpha stops.', 'Its readings and its history are deleted.'],
          kept: ['The key it was reached with stays in Unity.'],
          risks: ['The 41 days of history cannot be brought back.'],
          wayBack: 'None: add the server again to start a new history.',
        }}
        confirmLabel="Delete"
        typeName="alpha"
        onConfirm={() => setIsPlanOpen(false)}
      />
    </Page>
  );
}
