import type { Unit } from '@/lib/format';
import type { State } from '@/lib/states';

export interface ChartSeries {
  label: string;
  values: readonly (number | null)[];
  /** Drawn as a band behind the line, where the tier keeps them. */
  min?: readonly (number | null)[] | undefined;
  max?: readonly (number | null)[] | undefined;
}

export interface ChartProps {
  title: string;
  /** False where the card around it says the title already. */
  hasTitle?: boolean;
  /** Unix seconds, one for each value. */
  times: readonly number[];
  /** At most six; the seventh and later are left out and the title says so. */
  series: readonly ChartSeries[];
  unit: Unit;
  /** The x axis reaches from here to there, also where there is no data. */
  from: number;
  to: number;
  /** Fixed ends of the y axis; from the data when left out. */
  min?: number;
  max?: number;
  height?: number;
  thresholds?: readonly { value: number; label: string; state: State }[];
  events?: readonly { at: number; label: string; state?: State }[];
  /** Charts with the same word share their crosshair. */
  group?: string;
  onZoom?: (from: number, to: number) => void;
  onZoomReset?: () => void;
  /** Areas on top of each other, as for CPU modes. */
  isStacked?: boolean;
}
