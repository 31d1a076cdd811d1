import { SegmentedControl, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Chart } from '@/components/chart/chart';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { databaseMetricQuery, unitOf, type DatabaseDetail, type DatabaseFigure } from '../api';
import classes from './databases.module.css';

const HEIGHT = 160;
const MOST_LINES = 6;
const SPANS = [
  { value: '1', label: '1 day' },
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
];
// What is looked at first; the explorer shows the rest.
const CHARTS = [
  'connections_used_percent',
  'transactions',
  'queries',
  'cache_hit_percent',
  'key_hit_percent',
  'memory_used_bytes',
  'size_bytes',
  'replication_lag_seconds',
  'longest_transaction_seconds',
  'locks_waiting',
  'used_percent',
];

type Series = { labels: Record<string, string>; avg: (number | null)[] };
const latest = ({ avg }: Series) => avg.findLast((value) => value !== null) ?? 0;

/** The whole first, then the largest of its parts. */
function mostTelling<S extends Series>(series: S[]): S[] {
  const isPart = ({ labels }: S) => Number(Object.keys(labels).length > 0);
  return series
    .toSorted((one, other) => isPart(one) - isPart(other) || latest(other) - latest(one))
    .slice(0, MOST_LINES);
}

function OneChart({ id, figure, days }: { id: string; figure: DatabaseFigure; days: number }) {
  const query = useQuery(databaseMetricQuery(id, figure.metric, days));
  // Shares are kept in percent, and drawn as fractions.
  const scale = figure.unit === 'percent' ? 100 : 1;
  const scaled = (values: (number | null)[]) =>
    values.map((value) => (value === null ? null : value / scale));
  return (
    <Section title={figure.title}>
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
              title={figure.title}
              hasTitle={false}
              unit={unitOf(figure.unit)}
              times={answer.times}
              series={mostTelling(answer.series).map(({ labels, avg, min, max }) => ({
                label:
                  Object.values(labels).join(' ') ||
                  (answer.series.length > 1 ? 'all' : figure.title),
                values: scaled(avg),
                min: scaled(min),
                max: scaled(max),
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

/** How the numbers that matter most have gone. */
export function DatabaseCharts({ database }: { database: DatabaseDetail }) {
  const [span, setSpan] = useState('1');
  const shown = CHARTS.flatMap((key) => {
    const found = database.figures.find((one) => one.key === key && one.value !== null);
    return found ? [found] : [];
  });
  if (shown.length === 0) return null;
  return (
    <>
      <SegmentedControl data={SPANS} value={span} onChange={setSpan} aria-label="Time span" />
      <div className={classes.charts}>
        {shown.map((figure) => (
          <OneChart key={figure.key} id={database.id} figure={figure} days={Number(span)} />
        ))}
      </div>
    </>
  );
}
