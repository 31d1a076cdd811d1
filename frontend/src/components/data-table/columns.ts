import type { ReactNode } from 'react';

export interface Column<T> {
  id: string;
  header: string;
  cell: (row: T) => ReactNode;
  /** What it sorts by; a column without it is not sortable. Nulls come last both ways. */
  sortBy?: (row: T) => string | number | null | undefined;
  /** What the text filter reads; the columns without it are not searched. */
  text?: (row: T) => string;
  align?: 'left' | 'right';
  /** A CSS width; columns without one share the rest. */
  width?: string;
  /** Left out on screens narrower than this. */
  hideBelow?: 'sm' | 'md' | 'lg';
}

export interface Filter<T> {
  /** The word in the URL. */
  id: string;
  label: string;
  options: { value: string; label: string }[];
  /** Left out when the server filters. */
  match?: (row: T, value: string) => boolean;
}

export function sortOf(sort: string | undefined): { id: string; descending: boolean } | null {
  if (!sort) return null;
  const descending = sort.startsWith('-');
  return { id: descending ? sort.slice(1) : sort, descending };
}

/** Up, then down, then as the list came. */
export function nextSort(sort: string | undefined, id: string): string | undefined {
  if (sort === id) return `-${id}`;
  return sort === `-${id}` ? undefined : id;
}
