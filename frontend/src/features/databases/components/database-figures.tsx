import { Table, Text } from '@mantine/core';
import { Section } from '@/components/page';
import { written, type DatabaseDetail, type DatabaseFigure, type DatabaseTable } from '../api';
import classes from './databases.module.css';

// Counters are read as rates in the charts; here the count itself would say nothing.
const isShown = (figure: DatabaseFigure) =>
  !figure.is_counter && !Object.keys(figure.labels).length;

function grouped(figures: DatabaseFigure[]): [string, DatabaseFigure[]][] {
  const groups = new Map<string, DatabaseFigure[]>();
  for (const figure of figures.filter(isShown))
    groups.set(figure.group, [...(groups.get(figure.group) ?? []), figure]);
  return [...groups];
}

/** All numbers, by what they are about; one that is missing says why. */
export function DatabaseFigures({ database }: { database: DatabaseDetail }) {
  if (database.figures.length === 0) return null;
  return (
    <Section title="Numbers">
      <div className={classes.groups}>
        {grouped(database.figures).map(([group, figures]) => (
          <section key={group} aria-label={group}>
            <Text fw={600} size="sm">
              {group}
            </Text>
            <dl className={classes.figures}>
              {figures.map((figure) => (
                <div key={`${figure.key}-${figure.unit}`} className={classes.figure}>
                  <dt>{figure.title}</dt>
                  <dd>
                    {figure.value === null ? (
                      <span className={classes.why}>{figure.why}</span>
                    ) : (
                      written(figure.value, figure.unit)
                    )}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Section>
  );
}

function OneTable({ table }: { table: DatabaseTable }) {
  return (
    <Section title={table.title}>
      {table.rows.length === 0 ? (
        <Text c="dimmed">{table.why || 'There is nothing now.'}</Text>
      ) : (
        <div className={classes.scroll} role="region" aria-label={table.title} tabIndex={0}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                {table.columns.map((column, index) => (
                  <Table.Th key={index} className={column.unit ? classes.number : undefined}>
                    {column.title}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {table.rows.map((row, index) => (
                <Table.Tr key={index}>
                  {table.columns.map((column, place) => (
                    <Cell key={place} value={row[place] ?? null} unit={column.unit} />
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      {table.rows.length > 0 && table.why && (
        <Text size="sm" c="dimmed">
          {table.why}
        </Text>
      )}
    </Section>
  );
}

function Cell({ value, unit }: { value: string | number | boolean | null; unit: string }) {
  if (unit)
    return (
      <Table.Td className={classes.number}>
        {written(typeof value === 'number' ? value : null, unit)}
      </Table.Td>
    );
  const text = value === null ? '' : String(value);
  return (
    <Table.Td className={classes.text} title={text}>
      {text}
    </Table.Td>
  );
}

/** The largest, the slowest, and who is behind. */
export function DatabaseTables({ database }: { database: DatabaseDetail }) {
  return database.tables.map((table) => <OneTable key={table.key} table={table} />);
}
