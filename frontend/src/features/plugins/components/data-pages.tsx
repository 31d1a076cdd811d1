import { SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import type { State } from '@/lib/states';
import {
  dataPageQuery,
  type Card,
  type Column,
  type DataTableOf,
  type InstanceDetail,
} from '../api';
import { valueInWords } from '../words';
import classes from './plugins.module.css';

const STATES: readonly string[] = ['ok', 'warning', 'critical', 'unknown'] satisfies State[];
const isState = (word: unknown): word is State => typeof word === 'string' && STATES.includes(word);
const NUMBERS = new Set(['number', 'bytes', 'percent', 'seconds']);
const isWeb = (value: unknown): value is string =>
  typeof value === 'string' && /^https?:\/\//.test(value);

type Shown = Pick<Column, 'kind' | 'unit'>;

function Value({ value, kind, unit }: Shown & { value: Card['value'] | undefined }) {
  if (kind === 'time' && typeof value === 'string') return <RelativeTime at={value} />;
  if (kind === 'status' && isState(value)) return <StatusBadge state={value} />;
  if (kind === 'link' && isWeb(value))
    return (
      <a href={value} rel="noreferrer noopener" target="_blank">
        {value}
      </a>
    );
  return <>{valueInWords(value, kind, unit)}</>;
}

function Figure({ card }: { card: Card }) {
  return (
    <div>
      <Text size="sm" c="dimmed">
        {card.title}
      </Text>
      <div className={classes.figure}>
        {isState(card.status) ? (
          <StatusBadge state={card.status}>
            <Value value={card.value} kind={card.kind} unit={card.unit} />
          </StatusBadge>
        ) : (
          <Value value={card.value} kind={card.kind} unit={card.unit} />
        )}
      </div>
      {card.note && <Text size="sm">{card.note}</Text>}
    </div>
  );
}

function Rows({ table, label }: { table: DataTableOf; label: string }) {
  if (table.rows.length === 0) return <Text c="dimmed">{table.empty}</Text>;
  const align = (column: Column) => (NUMBERS.has(column.kind) ? classes.number : undefined);
  return (
    <div className={classes.scroll} role="region" aria-label={label} tabIndex={0}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {table.columns.map((column) => (
              <Table.Th key={column.key} className={align(column)}>
                {column.title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {table.rows.map((row, index) => (
            <Table.Tr key={`${index}-${String(row[0])}`}>
              {table.columns.map((column, place) => (
                <Table.Td key={column.key} className={align(column)}>
                  <Value value={row[place]} kind={column.kind} unit={column.unit} />
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function OnePage({ id, name }: { id: string; name: { key: string; title: string } }) {
  const query = useQuery(dataPageQuery(id, name.key));
  return (
    <Section title={name.title}>
      <Faces
        query={query}
        what="This page could not be read"
        skeleton={<CardSkeleton height={120} />}
      >
        {(page) => (
          <Stack gap="md">
            {page.cards.length > 0 && (
              <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }}>
                {page.cards.map((card) => (
                  <Figure key={card.title} card={card} />
                ))}
              </SimpleGrid>
            )}
            {page.tables.map((table) => (
              <div key={table.title || page.title}>
                {table.title && <h3 className={classes.shelf}>{table.title}</h3>}
                <Rows table={table} label={table.title || page.title} />
              </div>
            ))}
            <Text size="sm" c="dimmed">
              {page.note} As of <RelativeTime at={page.at} />.
            </Text>
          </Stack>
        )}
      </Faces>
    </Section>
  );
}

/** What the last run brought besides numbers: cards and tables. */
export function DataPages({ instance }: { instance: InstanceDetail }) {
  return instance.pages.map((name) => <OnePage key={name.key} id={instance.id} name={name} />);
}
