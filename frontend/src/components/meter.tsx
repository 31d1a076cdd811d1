import type { ReactNode } from 'react';
import type { State } from '@/lib/states';
import { formatPercent } from '@/lib/format';
import classes from './meter.module.css';

interface MeterProps {
  label: string;
  /** Between 0 and 100; null when it is not known. */
  percent: number | null;
  /** Beside the figure, such as the mount point it belongs to. */
  note?: ReactNode;
  /** From here on it is worth a look, and from there on it is full. */
  warnAt?: number;
  criticalAt?: number;
}

function stateOf({ percent, warnAt = 90, criticalAt = 97 }: MeterProps): State {
  if (percent === null) return 'unknown';
  if (percent >= criticalAt) return 'critical';
  return percent >= warnAt ? 'warning' : 'ok';
}

/** A share of something that can be full: its name, the figure, and a bar. */
export function Meter(props: MeterProps) {
  const { label, percent, note } = props;
  return (
    <div className={classes.meter}>
      <div className={classes.words}>
        <span className={classes.label}>{label}</span>
        {note !== undefined && <span className={classes.note}>{note}</span>}
        <span className={classes.figure}>
          {formatPercent(percent === null ? null : percent / 100)}
        </span>
      </div>
      <div className={classes.track} aria-hidden>
        <div
          className={classes.bar}
          data-state={stateOf(props)}
          style={{ width: `${Math.min(percent ?? 0, 100)}%` }}
        />
      </div>
    </div>
  );
}
