import type uPlot from 'uplot';
import { formatUnit } from '@/lib/format';
import { hasBand, lastKnown, lonely, MOST_SERIES } from './data';
import type { ChartProps } from './types';

const exactTime = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'medium',
  hourCycle: 'h23',
});

type Colour = (name: string) => string;
const KIB_STEPS = Array.from({ length: 70 }, (_, power) => 2 ** power);

/** Lines for thresholds and events, drawn over the plot with their words. */
function marks(props: () => ChartProps, colour: Colour): uPlot.Plugin {
  const draw = (plot: uPlot) => {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.lineWidth = ratio;
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = 'left';
    ctx.setLineDash([4 * ratio, 4 * ratio]);
    const line = (x1: number, y1: number, x2: number, y2: number) => {
      ctx.beginPath();
      ctx.moveTo(x1, y1);
      ctx.lineTo(x2, y2);
      ctx.stroke();
    };
    for (const { value, label, state } of props().thresholds ?? []) {
      const y = Math.round(plot.valToPos(value, 'y', true));
      ctx.strokeStyle = ctx.fillStyle = colour(`--unity-${state}`);
      line(bbox.left, y, bbox.left + bbox.width, y);
      // Above the line, or below it where there is no room.
      const above = y - 4 * ratio;
      const isCut = above - 10 * ratio < bbox.top;
      ctx.fillText(label, bbox.left + 4 * ratio, isCut ? y + 13 * ratio : above);
    }
    for (const { at, label, state } of props().events ?? []) {
      const x = Math.round(plot.valToPos(at, 'x', true));
      ctx.strokeStyle = ctx.fillStyle = colour(`--unity-${state ?? 'unknown'}`);
      line(x, bbox.top, x, bbox.top + bbox.height);
      ctx.fillText(label, x + 4 * ratio, bbox.top + 12 * ratio);
    }
    ctx.restore();
  };
  return { hooks: { draw } };
}

function seriesOptions({ series, unit, isStacked }: ChartProps, colour: Colour): uPlot.Series[] {
  const shown = series.slice(0, MOST_SERIES);
  const lines = shown.map(({ label, values }, index): uPlot.Series => {
    const stroke = colour(`--unity-series-${index + 1}`);
    return {
      label,
      stroke,
      width: 1.5,
      spanGaps: false,
      fill: isStacked ? `${stroke}55` : undefined,
      // A line is drawn without dots; a single value would not be seen without one.
      points: {
        show: false,
        size: 5,
        fill: stroke,
        filter: (plot, at) => lonely(plot.data[at] ?? []),
      },
      // The legend tells the series' own value, also where the line is a sum; the latest without a cursor.
      value: (_plot, _raw, _series, at) =>
        formatUnit(at === null ? lastKnown(values) : values[at], unit),
    };
  });
  const edges = isStacked ? [] : shown.filter(hasBand).flatMap(() => [edge(), edge()]);
  const time: uPlot.Series = {
    label: 'At',
    value: (_plot, raw: number | null) => (raw === null ? 'latest' : exactTime.format(raw * 1000)),
  };
  return [time, ...lines, ...edges];
}

const edge = (): uPlot.Series => ({
  class: 'chart-edge',
  width: 0,
  points: { show: false },
  label: '',
});

function bands({ series, isStacked }: ChartProps, colour: Colour): uPlot.Band[] {
  const shown = series.slice(0, MOST_SERIES);
  if (isStacked)
    return shown.slice(1).map((_, index) => ({
      series: [index + 2, index + 1],
      fill: `${colour(`--unity-series-${index + 2}`)}55`,
    }));
  let next = shown.length + 1;
  return shown.flatMap((each, index): uPlot.Band[] => {
    if (!hasBand(each)) return [];
    const [min, max] = [next, next + 1];
    next += 2;
    return [{ series: [max, min], fill: `${colour(`--unity-series-${index + 1}`)}33` }];
  });
}

export function chartOptions(
  current: () => ChartProps,
  size: { width: number; height: number },
  colour: Colour,
): uPlot.Options {
  const { unit, min, max, group } = current();
  const axis = { stroke: colour('--unity-faint'), font: '11px system-ui, sans-serif' };
  const grid = { stroke: colour('--unity-border'), width: 1 };
  const isBytes = unit === 'bytes' || unit === 'bytes_per_second';
  return {
    ...size,
    cursor: {
      sync: group === undefined ? undefined : { key: group, setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 6 },
      // A double click goes back through the router and not inside the chart.
      bind: { dblclick: () => () => (current().onZoomReset?.(), null) },
    },
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          current().onZoom?.(
            Math.floor(plot.posToVal(left, 'x')),
            Math.ceil(plot.posToVal(left + width, 'x')),
          );
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        },
      ],
    },
    scales: {
      x: { range: () => [current().from, current().to] },
      y: {
        range: (_plot, low, high) => {
          const bottom = min ?? Math.min(low ?? 0, 0);
          const top = max ?? ((high ?? 0) > bottom ? (high ?? 0) * 1.08 : bottom + 1);
          return [bottom, top];
        },
      },
    },
    axes: [
      { ...axis, grid: { show: false }, ticks: grid, size: 28, values: timeLabels },
      {
        ...axis,
        grid,
        ticks: { show: false },
        size: 76,
        incrs: isBytes ? KIB_STEPS : undefined,
        values: (_plot, splits) => splits.map((value) => formatUnit(value, unit)),
      },
    ],
    series: seriesOptions(current(), colour),
    bands: bands(current(), colour),
    plugins: [marks(current, colour)],
  };
}

const pad = (number: number) => String(number).padStart(2, '0');

/** 24-hour clock within a day, dates beyond. */
function timeLabels(
  _plot: uPlot,
  splits: number[],
  _axis: number,
  _space: number,
  step: number,
): string[] {
  return splits.map((seconds) => {
    const at = new Date(seconds * 1000);
    const day = at.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
    if (step >= 86_400)
      return step >= 28 * 86_400
        ? at.toLocaleDateString(undefined, { month: 'short', year: '2-digit' })
        : day;
    const clock =
      `${pad(at.getHours())}:${pad(at.getMinutes())}` +
      (step < 60 ? `:${pad(at.getSeconds())}` : '');
    return clock === '00:00' ? day : clock;
  });
}
