import { Text } from '@mantine/core';
import { formatBytes, formatDuration, formatExact, formatUnit, NOT_KNOWN } from '@/lib/format';
import classes from './servers.module.css';

const MOST_ROWS = 50;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const inWords = (key: string) =>
  key.replace(/_(bytes|seconds|percent|celsius)$/, '').replaceAll('_', ' ');

// These say bytes without saying so in their name.
const BYTES = new Set([
  'total',
  'available',
  'free',
  'buffers',
  'cached',
  'swap_total',
  'swap_free',
  'zfs_arc',
  'zfs_arc_min',
]);
const MOMENTS = new Set(['now', 'boot_time', 'refreshed_at', 'at', 'last_at', 'next_at']);

function numberInWords(key: string, value: number): string {
  if (key.endsWith('bytes') || (BYTES.has(key) && value > 100_000)) return formatBytes(value);
  if (key.endsWith('seconds')) return formatDuration(value);
  if (key.endsWith('percent')) return formatUnit(value / 100, 'fraction');
  if (key === 'celsius' || key === 'critical') return formatUnit(value, 'celsius');
  if (MOMENTS.has(key)) return formatExact(new Date(value * 1000));
  return Number.isInteger(value) ? String(value) : String(Number(value.toFixed(2)));
}

/** A value in words; what stands inside of another is named, one after the other. */
function words(name: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return NOT_KNOWN;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return numberInWords(name, value);
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((one) => words(name, one)).join('; ') || 'none';
  if (!isObject(value)) return NOT_KNOWN;
  return Object.entries(value)
    .map(([key, one]) => `${inWords(key)} ${words(key, one)}`)
    .join(', ');
}

function Rows({ name, rows }: { name: string; rows: readonly Record<string, unknown>[] }) {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={inWords(name)}>
      <table className={classes.table}>
        <thead>
          <tr>
            {keys.map((key) => (
              <th key={key} scope="col">
                {inWords(key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST_ROWS).map((row, index) => (
            <tr key={index}>
              {keys.map((key) => (
                <td key={key}>{words(key, row[key])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MOST_ROWS && (
        <Text size="xs" c="dimmed">
          and {rows.length - MOST_ROWS} more
        </Text>
      )}
    </div>
  );
}

/** A fact's value as it came: single values as pairs, lists of things as tables. */
export function FactValue({ value }: { value: Record<string, unknown> }) {
  const entries = Object.entries(value);
  const tables = entries.flatMap(([key, one]) =>
    Array.isArray(one) && one.length > 0 && one.every(isObject) ? [{ key, rows: one }] : [],
  );
  const pairs = entries.filter(([key]) => !tables.some((table) => table.key === key));
  return (
    <>
      {pairs.length > 0 && (
        <dl className={classes.pairs}>
          {pairs.map(([key, one]) => (
            <div key={key} style={{ display: 'contents' }}>
              <dt>{inWords(key)}</dt>
              <dd>{words(key, one)}</dd>
            </div>
          ))}
        </dl>
      )}
      {tables.map(({ key, rows }) => (
        <div key={key} style={{ marginTop: 8 }}>
          {(tables.length > 1 || pairs.length > 0) && <Text fw={600}>{inWords(key)}</Text>}
          <Rows name={key} rows={rows} />
        </div>
      ))}
    </>
  );
}
