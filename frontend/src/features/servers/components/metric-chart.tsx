import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Chart } from '@/components/chart/chart';
import type { ChartProps } from '@/components/chart/types';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { isZoomed, resolveRange, type TimeRange } from '@/lib/ranges';
import { greatestFirst, type ChartDefinition } from '../charts';
import { MOST_SERIES } from '@/components/chart/data';
import { chartQuery } from '../metrics';
import { SeriesTable } from './series-table';

interface MetricChartProps {
  serverId: string;
  definition: ChartDefinition;
  range: TimeRange;
  onRange: (range: TimeRange) => void;
  thresholds?: ChartProps['thresholds'];
}

const HEIGHT = 180;

/** One chart of a server, with its own faces: one that fails leaves the others standing. */
export function MetricChart({
  serverId,
  definition,
  range,
  onRange,
  thresholds,
}: MetricChartProps) {
  const query = useQuery(chartQuery(serverId, definition, range));
  const isEmpty = query.data?.series.length === 0;
  if (definition.isOptional && (isEmpty || query.data === undefined)) return null;
  return (
    <Section title={definition.title}>
      <Faces
        query={query}
        what="This chart could not be read"
        skeleton={<CardSkeleton height={HEIGHT} />}
        isEmpty={({ series }) => series.length === 0}
        empty={
          <Text c="dimmed" mih={HEIGHT}>
            Nothing was measured in this range.
          </Text>
        }
      >
        {({ times, series, ...asked }) => {
          const { from, to } = isZoomed(range) ? resolveRange(range, asked.to) : asked;
          const sorted = series.length > MOST_SERIES ? greatestFirst(series) : series;
          return (
            <>
              <Chart
                title={definition.title}
                hasTitle={false}
                unit={definition.unit}
                times={times}
                series={sorted.slice(0, MOST_SERIES)}
                from={from}
                to={to}
                min={definition.min}
                max={definition.max}
                height={HEIGHT}
                isStacked={definition.isStacked}
                thresholds={thresholds}
                group={serverId}
                onZoom={(start, end) => onRange({ from: start, to: end })}
                onZoomReset={() => onRange({ from: undefined, to: undefined })}
              />
              {sorted.length > MOST_SERIES && (
                <SeriesTable
                  title={definition.title}
                  series={sorted.slice(MOST_SERIES)}
                  unit={definition.unit}
                />
              )}
            </>
          );
        }}
      </Faces>
    </Section>
  );
}
