import { sortOf, type Column, type Filter } from './columns';
import type { TableState } from '@/lib/search';

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number'
    ? a - b
    : collator.compare(String(a), String(b));
}

/** Filters and sorts rows that are all here, as the URL says. */
export function arrange<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  filters: readonly Filter<T>[],
  search: TableState,
): T[] {
  const words = (search.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const kept = rows.filter((row) => {
    const hit = (filter: Filter<T>) => {
      const value = search[filter.id];
      return value === undefined || filter.match === undefined || filter.match(row, String(value));
    };
    if (!filters.every(hit)) return false;
    if (words.length === 0) return true;
    const text = columns
      .map((column) => column.text?.(row) ?? '')
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const sort = sortOf(search.sort);
  const by = columns.find((column) => column.id === sort?.id)?.sortBy;
  if (!sort || !by) return kept;
  const sign = sort.descending ? -1 : 1;
  return kept.sort((left, right) => {
    const [a, b] = [by(left), by(right)];
    if (a == null || b == null) return Number(a == null) - Number(b == null);
    return sign * compare(a, b);
  });
}
