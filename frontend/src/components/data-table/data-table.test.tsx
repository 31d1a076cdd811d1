import { screen, within } from '@testing-library/react';
import { Button } from '@mantine/core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import { renderUi } from '@/testing/render';
import { arrange } from './arrange';
import { movedTo } from './body';
import type { Column, Filter } from './columns';
import { DataTable } from './data-table';

interface Row {
  name: string;
  size: number | null;
}

const ROWS: Row[] = [
  { name: 'disk10', size: 3 },
  { name: 'disk2', size: null },
  { name: 'tape', size: 1 },
];
const COLUMNS: Column<Row>[] = [
  {
    id: 'name',
    header: 'Name',
    text: (row) => row.name,
    sortBy: (row) => row.name,
    cell: (row) => row.name,
  },
  { id: 'size', header: 'Size', sortBy: (row) => row.size, cell: (row) => row.size },
];
const FILTERS: Filter<Row>[] = [
  {
    id: 'known',
    label: 'Size',
    options: [{ value: 'yes', label: 'Known' }],
    match: (row) => row.size !== null,
  },
];
const names = (search: TableState) =>
  arrange(ROWS, COLUMNS, FILTERS, search).map(({ name }) => name);

describe('arrange', () => {
  it('sorts numbers inside names as people do, and unknown values last both ways', () => {
    expect(names({ sort: 'name' })).toEqual(['disk2', 'disk10', 'tape']);
    expect(names({ sort: 'size' })).toEqual(['tape', 'disk10', 'disk2']);
    expect(names({ sort: '-size' })).toEqual(['disk10', 'tape', 'disk2']);
  });

  it('keeps rows with every word and every filter', () => {
    expect(names({ q: 'DISK 1' })).toEqual(['disk10']);
    expect(names({ known: 'yes' })).toEqual(['disk10', 'tape']);
  });
});

it('keys lead to rows and stop at both ends', () => {
  expect([movedTo('ArrowDown', 2, 3), movedTo('Home', 2, 3), movedTo('PageUp', 2, 3)]).toEqual([
    2, 0, 0,
  ]);
  expect(movedTo('x', 1, 3)).toBeNull();
});

describe('DataTable', () => {
  const onOpen = vi.fn();
  beforeEach(() => onOpen.mockReset());

  function Table({ rows = ROWS }: { rows?: Row[] }) {
    const [search, onSearch] = useSearchState<TableState>();
    return (
      <DataTable
        label="Disks"
        noun="disk"
        rows={rows}
        columns={COLUMNS}
        filters={FILTERS}
        rowId={(row) => row.name}
        search={search}
        onSearch={onSearch}
        onOpen={onOpen}
        bulkActions={(chosen) => <Button>Check {chosen.length}</Button>}
      />
    );
  }
  const firstCells = () =>
    screen
      .getAllByRole('row')
      .slice(1)
      .map((row) => within(row).getAllByRole('cell')[1]?.textContent);

  it('keeps its text filter and its order in the URL', async () => {
    const { user, router } = await renderUi(<Table />);
    await user.click(screen.getByRole('button', { name: 'Name' }));
    await user.type(screen.getByRole('textbox', { name: 'Filter disks' }), 'disk');
    expect(await screen.findByText('2 of 3 disks')).toBeVisible();
    expect(router.state.location.search).toEqual({ sort: 'name', q: 'disk' });
    expect(firstCells()).toEqual(['disk2', 'disk10']);
  });

  it('opens a row by keyboard', async () => {
    const { user } = await renderUi(<Table />);
    const [, first] = screen.getAllByRole('row');
    first?.focus();
    await user.keyboard('{ArrowDown}');
    await vi.waitFor(() => expect(screen.getAllByRole('row')[2]).toHaveFocus());
    await user.keyboard('{Enter}');
    expect(onOpen).toHaveBeenCalledWith(ROWS[1]);
  });

  it('offers bulk actions for the rows that are chosen', async () => {
    const { user } = await renderUi(<Table />);
    await user.click(screen.getByRole('checkbox', { name: 'Choose all' }));
    expect(screen.getByRole('button', { name: 'Check 3' })).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Choose none' }));
    expect(screen.queryByRole('button', { name: 'Check 3' })).toBeNull();
  });

  it('says why it is empty and clears the filters', async () => {
    const { user } = await renderUi(<Table />, { at: '/?q=nothing&known=yes' });
    await user.click(screen.getByRole('button', { name: 'Clear the filters' }));
    expect(await screen.findByText('3 disks')).toBeVisible();
  });

  it('draws only the rows in sight of a thousand', async () => {
    const rows = Array.from({ length: 1000 }, (_, index) => ({ name: `d${index}`, size: index }));
    await renderUi(<Table rows={rows} />);
    expect(screen.getByRole('grid')).toHaveAttribute('aria-rowcount', '1000');
    expect(screen.getAllByRole('row').length).toBeLessThan(80);
  });
});
