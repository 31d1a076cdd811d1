import { Table } from '@mantine/core';
import { formatUnit, type Unit } from '@/lib/format';
import type { Totals } from '../lines';
import classes from './explore.module.css';

/** The numbers behind the lines, so that nobody has to read them off a curve. */
export function TotalsTable({ rows, unit }: { rows: readonly Totals[]; unit: Unit }) {
  return (
    <div className={classes.scroll} role="region" aria-label="Numbers" tabIndex={0}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Series</Table.Th>
            <Table.Th className={classes.number}>Least</Table.Th>
            <Table.Th className={classes.number}>Mean</Table.Th>
            <Table.Th className={classes.number}>Greatest</Table.Th>
            <Table.Th className={classes.number}>Latest</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.label}>
              <Table.Td>{row.label}</Table.Td>
              {[row.least, row.mean, row.greatest, row.latest].map((value, index) => (
                <Table.Td key={index} className={classes.number}>
                  {formatUnit(value, unit)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
