import { Stack, Text } from '@mantine/core';
import { Marked } from '@/components/marked';
import { Meter } from '@/components/meter';
import { Section } from '@/components/page';
import { formatCount, plural } from '@/lib/format';
import type { Fact } from '../api';
import {
  kernelLogValue,
  kernelTablesValue,
  memoryErrorsValue,
  networkValue,
  oomValue,
  pressureValue,
  throttlingValue,
  timersValue,
  valueOf,
} from '../fact-values';
import { KernelEvents, Links, TimersInTrouble } from './host-depth-tables';
import classes from './servers.module.css';
import { Figure } from './vitals';

// The levels at which the built-in rules warn, and what the share is of.
const PRESSURES = [
  { resource: 'cpu', kind: 'some', word: 'Some program waited for the processor', warnAt: 80 },
  { resource: 'memory', kind: 'full', word: 'All programs waited for memory', warnAt: 10 },
  { resource: 'io', kind: 'full', word: 'All programs waited for disks', warnAt: 40 },
] as const;
// However long they wait, that is no more than a warning.
const NEVER = 101;
const FACTS = [
  ...['pressure', 'oom', 'kernel_tables', 'memory_errors', 'throttling', 'kernel_log'],
  'timers',
];
// The kernel's tables, and the levels at which the built-in rules warn and call it critical.
const TABLES = [
  { of: 'open_files', word: 'Open files', warnAt: 70, criticalAt: 90 },
  { of: 'connections', word: 'Tracked connections', warnAt: 75, criticalAt: NEVER },
] as const;

function Pressures({ facts }: { facts: readonly Fact[] }) {
  const resources = valueOf(facts, 'pressure', pressureValue)?.resources ?? [];
  return PRESSURES.map(({ resource, kind, word, warnAt }) => {
    const stall = resources.find((one) => one.resource === resource)?.[kind];
    return (
      stall && (
        <Figure key={resource} word={word}>
          <Meter label="of 5 min" percent={stall.avg300} warnAt={warnAt} criticalAt={NEVER} />
        </Figure>
      )
    );
  });
}

function Tables({ facts }: { facts: readonly Fact[] }) {
  const value = valueOf(facts, 'kernel_tables', kernelTablesValue);
  return TABLES.map(({ of, word, warnAt, criticalAt }) => {
    const table = value?.[of];
    if (!table) return null;
    const used = formatCount(table.used);
    const hasLimit = table.limit > 0;
    return (
      <Figure key={of} word={hasLimit ? `${word} of ${formatCount(table.limit)}` : word}>
        {hasLimit ? (
          <Meter
            label={used}
            percent={(100 * table.used) / table.limit}
            warnAt={warnAt}
            criticalAt={criticalAt}
          />
        ) : (
          `${used}, without a limit`
        )}
      </Figure>
    );
  });
}

interface Told {
  word: string;
  text: string;
  note?: string;
}

const few = (names: readonly string[]) => [...new Set(names)].slice(0, 3).join(', ');

function endedPrograms(facts: readonly Fact[]): Told | null {
  const kills = valueOf(facts, 'oom', oomValue)?.kills;
  if (kills === undefined) return null;
  const word = 'Ended for want of memory';
  if (kills === 0) return { word, text: 'none since boot' };
  const events = valueOf(facts, 'kernel_log', kernelLogValue)?.events ?? [];
  const names = few(events.filter(({ kind }) => kind === 'oom').map((one) => one.subject));
  return { word, text: `${kills} since boot`, note: names && `within a day: ${names}` };
}

function memoryErrors(facts: readonly Fact[]): Told | null {
  const controllers = valueOf(facts, 'memory_errors', memoryErrorsValue)?.controllers;
  if (!controllers) return null;
  const word = 'Memory errors (ECC)';
  const sum = (of: 'corrected' | 'uncorrected') =>
    controllers.reduce((all, one) => all + one[of], 0);
  const [corrected, uncorrected] = [sum('corrected'), sum('uncorrected')];
  if (corrected + uncorrected === 0) return { word, text: 'none since boot' };
  const where = controllers.flatMap(({ modules }) => modules.map((one) => one.label || one.name));
  return { word, text: `${corrected} corrected, ${uncorrected} not`, note: few(where) };
}

function throttles(facts: readonly Fact[]): Told | null {
  const packages = valueOf(facts, 'throttling', throttlingValue)?.packages;
  if (!packages) return null;
  const times = packages.reduce(
    (all, one) => all + Math.max(one.package_throttles, one.worst_core),
    0,
  );
  const text = times === 0 ? 'never since boot' : `${plural(times, 'time')} since boot`;
  return { word: 'Slowed by heat', text };
}

function timers(facts: readonly Fact[]): Told | null {
  const all = valueOf(facts, 'timers', timersValue)?.timers;
  if (!all) return null;
  const troubled = all.filter(({ trouble }) => trouble !== '').length;
  const text =
    troubled === 0 ? `${all.length}, all well` : `${troubled} of ${all.length} need a look`;
  return { word: 'Timers', text };
}

/** What the machine cannot tell, once and together, with what would help where something would. */
function Lacks({ facts }: { facts: readonly Fact[] }) {
  const lacking = facts.filter(({ fact, trouble }) => FACTS.includes(fact) && trouble === 'absent');
  const mendable = lacking.filter(({ fix, fact }) => fix !== '' && fact === 'kernel_log');
  const others = lacking.filter((fact) => !mendable.includes(fact));
  return (
    <>
      {mendable.map(({ fact, title, detail, fix }) => (
        <Text key={fact} size="sm" c="dimmed">
          {title}: <Marked text={detail} /> <Marked text={fix} />
        </Text>
      ))}
      {others.length > 0 && (
        <Text size="sm" c="dimmed">
          This machine does not tell: {others.map(({ title }) => title).join(', ')}.
        </Text>
      )}
    </>
  );
}

/** Pressure, and what hardware, kernel and timers say is wrong. */
export function HostDepth({ facts }: { facts: readonly Fact[] }) {
  const asked = facts.filter(({ fact, asked_at }) => FACTS.includes(fact) && asked_at !== null);
  if (asked.length === 0) return null;
  const figures = [endedPrograms, memoryErrors, throttles, timers].map((of) => of(facts));
  const links = valueOf(facts, 'network', networkValue)?.interfaces ?? [];
  return (
    <Section title="Pressure, errors and heat">
      <Stack gap="md">
        <dl className={classes.figures} style={{ margin: 0 }}>
          <Pressures facts={facts} />
          <Tables facts={facts} />
          {figures.map(
            (told) =>
              told && (
                <Figure key={told.word} word={told.word}>
                  {told.text}
                  {told.note && (
                    <Text size="xs" c="dimmed" fw={400} style={{ overflowWrap: 'anywhere' }}>
                      {told.note}
                    </Text>
                  )}
                </Figure>
              ),
          )}
        </dl>
        <KernelEvents events={valueOf(facts, 'kernel_log', kernelLogValue)?.events ?? []} />
        <TimersInTrouble timers={valueOf(facts, 'timers', timersValue)?.timers ?? []} />
        <Links links={links} />
        <Lacks facts={facts} />
      </Stack>
    </Section>
  );
}
