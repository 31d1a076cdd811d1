import { Anchor, Group, MultiSelect, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Chart } from '@/components/chart/chart';
import { MOST_SERIES } from '@/components/chart/data';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { CardSkeleton, RowsSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { RangeControl } from '@/components/range-control';
import { useSearchState } from '@/hooks/use-search-state';
import { isZoomed, resolveRange, type TimeRange } from '@/lib/ranges';
import { csvAddress, linesQuery, metricsQuery, resourcesQuery, type ExploreSearch } from '../api';
import { BEFORE, linesOf, totalsOf, unitOf, type Before, type Metric } from '../lines';
import { TotalsTable } from './totals-table';

const MOST = 20;

interface Chosen {
  metric: Metric;
  names: ReadonlyMap<string, string>;
  resources: readonly string[];
  range: TimeRange;
  before: Before | undefined;
  onRange: (range: TimeRange) => void;
}

function Lines({ metric, names, resources, range, before, onRange }: Chosen) {
  const query = useQuery(linesQuery(metric.metric, resources, range, before));
  const [unit, factor] = unitOf(metric);
  return (
    <Section
      title={metric.metric}
      actions={
        <Anchor href={csvAddress(metric.metric, resources, range)} download size="sm">
          Export as CSV
        </Anchor>
      }
    >
      <Faces
        query={query}
        what="These measurements could not be read"
        skeleton={<CardSkeleton height={320} />}
        isEmpty={({ now }) => now.series.length === 0}
        empty={<Text c="dimmed">Nothing was measured in this range.</Text>}
      >
        {({ now, older, ...asked }) => {
          const { from, to } = isZoomed(range) ? resolveRange(range, asked.to) : asked;
          const word = BEFORE.find(({ value }) => value === before)?.label.toLowerCase();
          const lines = [
            ...linesOf(now, names, factor),
            ...(older ? linesOf(older, names, factor, `, ${word ?? 'before'}`) : []),
          ];
          return (
            <Stack gap="sm">
              <Chart
                title={metric.metric}
                hasTitle={false}
                unit={unit}
                times={now.times}
                series={lines.slice(0, MOST_SERIES)}
                from={from}
                to={to}
                height={320}
                onZoom={(start, end) => onRange({ from: start, to: end })}
                onZoomReset={() => onRange({ from: undefined, to: undefined })}
              />
              {lines.length > MOST_SERIES && (
                <Text size="sm" c="dimmed">
                  The first {MOST_SERIES} of {lines.length} are drawn; all stand in the table.
                </Text>
              )}
              <TotalsTable rows={totalsOf(lines)} unit={unit} />
            </Stack>
          );
        }}
      </Faces>
    </Section>
  );
}

function Explorer({ metrics }: { metrics: readonly Metric[] }) {
  const [search, change] = useSearchState<ExploreSearch>();
  const named = metrics.find(({ metric }) => metric === search.metric);
  const metric = named ?? metrics.find((one) => one.metric === 'node_load1') ?? metrics[0];
  const found = useQuery(resourcesQuery(metric?.metric ?? '')).data ?? [];
  const names = new Map(found.map((one) => [one.id, one.name]));
  const wanted = (search.on ?? '').split(',').filter((id) => names.has(id));
  const resources = wanted.length > 0 ? wanted : found.slice(0, 3).map((one) => one.id);
  const before = BEFORE.find(({ value }) => value === search.before)?.value;
  const { range, from, to } = search;
  if (metric === undefined) return null;
  return (
    <>
      <Group align="flex-end">
        <Select
          label="Metric"
          searchable
          allowDeselect={false}
          limit={200}
          w={360}
          maw="100%"
          nothingFoundMessage="No metric is called like that."
          value={metric.metric}
          data={[...new Set(metrics.map((one) => one.metric))]}
          onChange={(value) => change({ metric: value ?? undefined, on: undefined })}
        />
        <Select
          label="Compare with"
          clearable
          placeholder="nothing"
          w={180}
          value={before ?? null}
          data={BEFORE.map(({ value, label }) => ({ value, label }))}
          onChange={(value) => change({ before: value ?? undefined })}
        />
        <RangeControl value={{ range, from, to }} onChange={change} />
      </Group>
      <MultiSelect
        label="Of"
        searchable
        maxValues={MOST}
        limit={100}
        hidePickedOptions
        value={[...resources]}
        data={found.map((one) => ({ value: one.id, label: one.name }))}
        onChange={(ids) => change({ on: ids.join(',') })}
      />
      <Lines
        metric={metric}
        names={names}
        resources={resources}
        range={{ range, from, to }}
        before={before}
        onRange={change}
      />
    </>
  );
}

/** Any metric of anything, compared, over any range. */
export function ExplorePage() {
  const query = useQuery(metricsQuery);
  return (
    <Page title="Explore" subtitle="Any measurement of anything, side by side and over any time.">
      <Faces
        query={query}
        what="The metrics could not be read"
        skeleton={<RowsSkeleton rows={8} />}
        isEmpty={(metrics) => metrics.length === 0}
        empty={
          <EmptyState title="Nothing is measured yet">
            Add a server; its first measurements are here within a minute.
          </EmptyState>
        }
      >
        {(metrics) => <Explorer metrics={metrics} />}
      </Faces>
    </Page>
  );
}
