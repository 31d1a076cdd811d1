import { Button, SegmentedControl, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Chart } from '@/components/chart/chart';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { metricQuery, seriesQuery, type PluginDetail, type Series } from '../api';
import { scaleOf } from '../words';

const HEIGHT = 150;
const FIRST = 8;
const SPANS = [
  { value: '6', label: '6 hours' },
  { value: '24', label: '1 day' },
  { value: '168', label: '7 days' },
  { value: '720', label: '30 days' },
];

interface MetricOf {
  metric: string;
  unit: string;
  kind: string;
  about: string;
}

/** One entry for each metric, in the order in which the plugin declares them. */
export function metricsOf(
  series: readonly Series[],
  plugin: Pick<PluginDetail, 'metrics'> | undefined,
): MetricOf[] {
  const declared = plugin?.metrics ?? [];
  const order = new Map(declared.map(({ name }, index) => [name, index]));
  const abouts = new Map(declared.map(({ name, about }) => [name, about]));
  const found = new Map<string, MetricOf>();
  for (const { metric, unit, kind } of series)
    found.set(metric, { metric, unit, kind, about: abouts.get(metric) ?? metric });
  const place = ({ metric }: MetricOf) => order.get(metric) ?? declared.length;
  return [...found.values()].sort(
    (one, other) => place(one) - place(other) || one.metric.localeCompare(other.metric),
  );
}

const scaled = (values: readonly (number | null)[] | undefined, factor: number) =>
  values?.map((value) => (value === null ? null : value * factor));

function OneChart({ id, of, hours }: { id: string; of: MetricOf; hours: number }) {
  const query = useQuery(metricQuery(id, of.metric, hours));
  const scale = scaleOf(of.unit, of.kind);
  const about = of.about.replace(/\.$/, '');
  const title = scale.note ? `${about} (${scale.note})` : about;
  return (
    <Section title={title}>
      <Faces
        query={query}
        what="This chart could not be read"
        skeleton={<CardSkeleton height={HEIGHT} />}
      >
        {({ from, to, answer }) =>
          answer.series.length === 0 ? (
            <Text c="dimmed">Nothing was measured in this time.</Text>
          ) : (
            <Chart
              title={title}
              hasTitle={false}
              unit={scale.unit}
              times={answer.times}
              series={answer.series.map(({ labels, avg, min, max }) => ({
                label: Object.values(labels).join(', ') || about,
                values: scaled(avg, scale.factor) ?? [],
                min: scaled(min, scale.factor),
                max: scaled(max, scale.factor),
              }))}
              from={from}
              to={to}
              height={HEIGHT}
              group={id}
            />
          )
        }
      </Faces>
    </Section>
  );
}

/** The history of what it measures. */
export function InstanceCharts({ id, plugin }: { id: string; plugin: PluginDetail | undefined }) {
  const series = useQuery(seriesQuery(id));
  const [span, setSpan] = useState('6');
  const [showsAll, setShowsAll] = useState(false);
  const metrics = metricsOf(series.data ?? [], plugin);
  const shown = showsAll ? metrics : metrics.slice(0, FIRST);
  if (metrics.length === 0) return null;
  return (
    <Stack gap="md">
      <SegmentedControl
        data={SPANS}
        value={span}
        onChange={setSpan}
        aria-label="Time span"
        maw={420}
      />
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        {shown.map((metric) => (
          <OneChart key={metric.metric} id={id} of={metric} hours={Number(span)} />
        ))}
      </SimpleGrid>
      {metrics.length > shown.length && (
        <Button variant="default" size="xs" onClick={() => setShowsAll(true)}>
          Show all {metrics.length} charts
        </Button>
      )}
    </Stack>
  );
}
