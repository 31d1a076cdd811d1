import { useComputedColorScheme } from '@mantine/core';
import { useMergedRef, useResizeObserver } from '@mantine/hooks';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatUnit } from '@/lib/format';
import classes from './chart.module.css';
import { chartData, lastKnown, MOST_SERIES } from './data';
import { chartOptions } from './options';
import type { ChartProps } from './types';

const colour = (name: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function ChartCanvas(props: ChartProps) {
  const { title, hasTitle = true, series, unit, times, height = 180 } = props;
  const scheme = useComputedColorScheme('light');
  const [sizeRef, { width }] = useResizeObserver<HTMLDivElement>();
  const [host, setHost] = useState<HTMLDivElement | null>(null);
  const hostRef = useMergedRef(sizeRef, setHost);
  const plotRef = useRef<uPlot>(undefined);
  const latest = useRef(props);
  useLayoutEffect(() => {
    latest.current = props;
  });

  // What can only be set at birth; everything else is given to the living plot below.
  const shape = JSON.stringify([
    scheme,
    unit,
    props.group,
    props.min,
    props.max,
    props.isStacked,
    series.map((each) => [each.label, each.min !== undefined]),
  ]);
  const isReady = width > 0;
  useEffect(() => {
    if (!host || !isReady) return undefined;
    const size = { width: host.clientWidth, height };
    const plot = new uPlot(
      chartOptions(() => latest.current, size, colour),
      chartData(latest.current),
      host,
    );
    plotRef.current = plot;
    return () => {
      plot.destroy();
      plotRef.current = undefined;
    };
  }, [shape, isReady, height, host]);

  useEffect(() => {
    plotRef.current?.setData(chartData(latest.current));
  }, [times, series, props.from, props.to, props.thresholds, props.events]);

  useEffect(() => {
    if (width > 0) plotRef.current?.setSize({ width: Math.floor(width), height });
  }, [width, height]);

  const summary = series
    .map(({ label, values }) => `${label} ${formatUnit(lastKnown(values), unit)}`)
    .join(', ');
  return (
    <figure className={classes.figure}>
      {hasTitle && (
        <figcaption className={classes.title}>
          {title}
          {series.length > MOST_SERIES && ` (first ${MOST_SERIES} of ${series.length})`}
        </figcaption>
      )}
      <div
        ref={hostRef}
        className={classes.host}
        role="img"
        aria-label={`${title}. Latest: ${summary}`}
      />
    </figure>
  );
}
