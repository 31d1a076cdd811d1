import type { ChartSeries } from '@/components/chart/types';
import { Sparkline } from '@/components/sparkline';
import { formatUnit, type Unit } from '@/lib/format';
import classes from './servers.module.css';

interface SeriesTableProps {
  title: string;
  series: readonly ChartSeries[];
  unit: Unit;
}

/** The series beyond the six that a chart can tell apart. */
export function SeriesTable({ title, series, unit }: SeriesTableProps) {
  return (
    <table className={classes.table} aria-label={`${title}: further ones`}>
      <tbody>
        {series.map(({ label, values }) => {
          const latest = formatUnit(values.findLast((value) => value !== null) ?? null, unit);
          return (
            <tr key={label}>
              <td>{label}</td>
              <td>
                <Sparkline values={values} label={`${label}, latest ${latest}`} />
              </td>
              <td data-align="right">{latest}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
