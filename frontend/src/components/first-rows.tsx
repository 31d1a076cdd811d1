import { Button } from '@mantine/core';
import { useState, type ReactNode } from 'react';

/** The first rows of a long list, and a button for the rest: a page must stay quick with hundreds. */
export function useFirstRows<Row>(
  rows: readonly Row[],
  what: string,
  most = 100,
): [readonly Row[], ReactNode] {
  const [showsAll, setShowsAll] = useState(false);
  if (showsAll || rows.length <= most) return [rows, null];
  const button = (
    <Button variant="default" size="xs" mt="sm" onClick={() => setShowsAll(true)}>
      Show all {rows.length} {what}
    </Button>
  );
  return [rows.slice(0, most), button];
}
