import { Checkbox } from '@mantine/core';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useState, type KeyboardEvent, type MouseEvent, type RefObject } from 'react';
import { useDocumentTop } from '@/hooks/use-document-top';
import type { Column } from './columns';
import classes from './data-table.module.css';

const ROW_HEIGHT = 36;
const PAGE = 15;

interface BodyProps<T> {
  tableRef: RefObject<HTMLTableElement | null>;
  rows: T[];
  columns: readonly Column<T>[];
  rowId: (row: T) => string;
  onOpen?: ((row: T) => void) | undefined;
  chosenIds: ReadonlySet<string> | undefined;
  onToggle: (id: string) => void;
}

/** Where a key leads from a row; null when the key means nothing here. */
export function movedTo(key: string, index: number, count: number): number | null {
  const last = count - 1;
  const moves: Record<string, number> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + PAGE,
    PageUp: index - PAGE,
    Home: 0,
    End: last,
  };
  const target = moves[key];
  return target === undefined ? null : Math.max(0, Math.min(last, target));
}

const isControl = (target: EventTarget) =>
  target instanceof Element &&
  target.closest('a, button, input, label, [role="menuitem"]') !== null;

/** A key on a row presses the button in it that names this key as its shortcut. */
function press(event: KeyboardEvent) {
  if (event.ctrlKey || event.metaKey || event.altKey || !/^[a-z]$/.test(event.key)) return;
  const button = event.currentTarget.querySelector<HTMLElement>(
    `[aria-keyshortcuts="${event.key}"]`,
  );
  const cell = button?.closest('td');
  // A narrow screen leaves columns out; a button in one of them has no place to open at.
  if (!button || !cell || getComputedStyle(cell).display === 'none') return;
  event.preventDefault();
  button.click();
}

export function Body<T>({
  tableRef,
  rows,
  columns,
  rowId,
  onOpen,
  chosenIds,
  onToggle,
}: BodyProps<T>) {
  const [active, setActive] = useState(0);
  const top = useDocumentTop(tableRef);
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : rowId(row);
    },
  });
  const items = virtualizer.getVirtualItems();
  const before = (items[0]?.start ?? top) - top;
  const after = virtualizer.getTotalSize() - ((items.at(-1)?.end ?? top) - top);
  const focusable = Math.min(active, Math.max(rows.length - 1, 0));

  const focusRow = (index: number) => {
    setActive(index);
    virtualizer.scrollToIndex(index);
    // The row may not be drawn yet when it was outside of the window.
    requestAnimationFrame(() =>
      tableRef.current
        ?.querySelector<HTMLElement>(`tr[data-index="${index}"]`)
        ?.focus({ preventScroll: true }),
    );
  };
  const onKeyDown = (event: KeyboardEvent, index: number, row: T) => {
    const target = movedTo(event.key, index, rows.length);
    if (target !== null) {
      event.preventDefault();
      focusRow(target);
    } else if (event.key === 'Enter' && event.target === event.currentTarget) onOpen?.(row);
    else if (event.key === ' ' && chosenIds && event.target === event.currentTarget) {
      event.preventDefault();
      onToggle(rowId(row));
    } else if (event.target === event.currentTarget) press(event);
  };
  const onClick = (event: MouseEvent, row: T) => {
    if (!isControl(event.target) && !window.getSelection()?.toString()) onOpen?.(row);
  };

  return (
    <tbody>
      {before > 0 && <tr aria-hidden style={{ height: before }} />}
      {items.map(({ index, key }) => {
        const row = rows[index];
        if (row === undefined) return null;
        const id = rowId(row);
        return (
          <tr
            key={key}
            data-index={index}
            aria-rowindex={index + 1}
            aria-selected={chosenIds?.has(id)}
            className={classes.row}
            data-openable={onOpen !== undefined || undefined}
            tabIndex={index === focusable ? 0 : -1}
            onFocus={() => setActive(index)}
            onKeyDown={(event) => onKeyDown(event, index, row)}
            onClick={(event) => onClick(event, row)}
          >
            {chosenIds && (
              <td className={classes.check}>
                <Checkbox
                  size="xs"
                  aria-label="Choose this row"
                  checked={chosenIds.has(id)}
                  onChange={() => onToggle(id)}
                />
              </td>
            )}
            {columns.map((column) => (
              <td
                key={column.id}
                data-align={column.align}
                data-hide={column.hideBelow}
                title={column.text?.(row)}
              >
                {column.cell(row)}
              </td>
            ))}
          </tr>
        );
      })}
      {after > 0 && <tr aria-hidden style={{ height: after }} />}
    </tbody>
  );
}
