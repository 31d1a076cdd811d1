import { Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { ChartProps } from './types';

// uPlot comes with the first chart and not with the first page.
const ChartCanvas = lazy(() =>
  import('./chart-canvas').then((module) => ({ default: module.ChartCanvas })),
);

/** A time chart: shared crosshair, drag to zoom, double-click back, gaps as gaps. */
export function Chart(props: ChartProps) {
  return (
    <Suspense fallback={<Skeleton height={(props.height ?? 180) + 48} />}>
      <ChartCanvas {...props} />
    </Suspense>
  );
}
