import { useQuery } from '@tanstack/react-query';
import { Chart } from '@/components/chart/chart';
import type { ChartProps } from '@/components/chart/types';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { EmptyState } from '@/components/empty-state';
import type { Unit } from '@/lib/format';
import { seriesQuery, type AlertChart as ChartOf, type Span } from '../api';
import { stateOfAlert, withUnit } from '../words';

interface AlertChartProps {
  resourceId: string;
  chart: ChartOf;
  span: Span;
  events: ChartProps['events'];
  severity?: 'info' | 'warning' | 'critical';
}

const UNITS: Record<string, Unit> = {
  bytes: 'bytes',
  percent: 'fraction',
  celsius: 'celsius',
  s: 'seconds',
  'bytes per second': 'bytes_per_second',
  'per second': 'per_second',
};
const scaleOf = (unit: string) => (unit === 'percent' ? 0.01 : 1);

type Values = readonly (number | null)[];
const scaled = (values: Values, by: number) =>
  values.map((value) => (value === null ? null : value * by));

/** The measurement behind an alert, with the levels and the moments drawn on it. */
export function AlertChart({ resourceId, chart, span, events, severity }: AlertChartProps) {
  const query = useQuery(seriesQuery(resourceId, chart.metric, chart.labels, span));
  const by = scaleOf(chart.unit);
  const levels = [
    { value: chart.raise_level, label: `wrong from ${withUnit(chart.raise_level, chart.unit)}` },
    { value: chart.clear_level, label: `well from ${withUnit(chart.clear_level, chart.unit)}` },
  ];
  const worst = stateOfAlert({ severity: severity ?? 'warning', state: 'firing' });
  return (
    <Faces
      query={query}
      what="The measurements could not be read"
      skeleton={<CardSkeleton height={220} />}
      isEmpty={(answer) => answer.series.length === 0}
      empty={
        <EmptyState title="No measurements are left">
          Nothing of {chart.metric} is stored for this time.
        </EmptyState>
      }
    >
      {(answer) => (
        <Chart
          title={chart.metric}
          times={answer.times}
          series={answer.series.map((line) => ({
            label: Object.values(line.labels).join(' ') || chart.metric,
            values: scaled(line.avg, by),
            min: scaled(line.min, by),
            max: scaled(line.max, by),
          }))}
          unit={UNITS[chart.unit] ?? 'count'}
          from={span.from}
          to={span.to}
          thresholds={levels.flatMap(({ value, label }, index) =>
            value === null
              ? []
              : [{ value: value * by, label, state: index === 0 ? worst : ('ok' as const) }],
          )}
          events={events ?? []}
        />
      )}
    </Faces>
  );
}
