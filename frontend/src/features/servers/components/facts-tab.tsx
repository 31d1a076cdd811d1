import { Text, TextInput } from '@mantine/core';
import { IconChevronDown, IconChevronRight, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { CopyBlock } from '@/components/copy-block';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { useNow } from '@/hooks/use-now';
import { useSearchState } from '@/hooks/use-search-state';
import { formatRelative } from '@/lib/format';
import type { State } from '@/lib/states';
import { factsQuery, type Fact, type Server } from '../api';
import { FactValue } from './fact-value';
import { Marked } from '@/components/marked';
import classes from './servers.module.css';

const RATES = [
  { rate: 'live', title: 'Live facts', note: 'read every few seconds while somebody looks' },
  { rate: 'standard', title: 'Standard facts', note: 'read with every collection' },
  { rate: 'slow', title: 'Slow facts', note: 'read a few times a day' },
] as const;

const TROUBLES: Record<string, { state: State; word: string }> = {
  absent: { state: 'unknown', word: 'not on this machine' },
  no_right: { state: 'warning', word: 'not allowed' },
  unparsable: { state: 'warning', word: 'not understood' },
  timed_out: { state: 'warning', word: 'no answer in time' },
};

function wordOf({ trouble, asked_at }: Fact): { state: State; word: string } {
  if (trouble !== null) return TROUBLES[trouble] ?? { state: 'warning', word: trouble };
  return asked_at === null
    ? { state: 'unknown', word: 'not asked yet' }
    : { state: 'ok', word: 'read' };
}

const isInTrouble = (fact: Fact) => wordOf(fact).state === 'warning';

/** Backquoted parts of a sentence are what was typed, and what one could type. */
function commandsIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, command = '']) => command);
}

function Trouble({ fact }: { fact: Fact }) {
  const commands = commandsIn(fact.fix);
  return (
    <>
      {fact.detail && (
        <Text size="sm">
          <Marked text={fact.detail} />
        </Text>
      )}
      {fact.fix && (
        <Text size="sm">
          <b>What to do: </b>
          <Marked text={fact.fix} />
        </Text>
      )}
      {commands.length > 0 && <CopyBlock text={commands.join('\n')} label="what to type" />}
      {fact.trouble_since && (
        <Text size="sm" c="dimmed">
          So since <RelativeTime at={fact.trouble_since} />
        </Text>
      )}
    </>
  );
}

function FactRow({ fact, isOpenAtFirst }: { fact: Fact; isOpenAtFirst: boolean }) {
  const [isOpen, setIsOpen] = useState(isOpenAtFirst);
  const { state, word } = wordOf(fact);
  const now = useNow();
  const Chevron = isOpen ? IconChevronDown : IconChevronRight;
  return (
    <li className={classes.fact}>
      <button
        type="button"
        className={classes.factHead}
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        <Chevron size={16} aria-hidden />
        <span className={classes.factTitle}>{fact.title}</span>
        <span className={classes.age}>
          {fact.read_at !== null && formatRelative(new Date(fact.read_at), now)}
        </span>
        <StatusBadge state={state}>{word}</StatusBadge>
      </button>
      {isOpen && (
        <div className={classes.factBody}>
          {fact.trouble !== null && <Trouble fact={fact} />}
          {fact.value !== null && (
            <>
              <Text size="xs" c="dimmed" mb={8}>
                Read <RelativeTime at={fact.read_at} />
              </Text>
              <FactValue value={fact.value} />
            </>
          )}
          {fact.value === null && fact.trouble === null && (
            <Text c="dimmed">Its turn has not come yet.</Text>
          )}
        </div>
      )}
    </li>
  );
}

/** Everything that was read, how old it is, and where it was not read, why and what to do. */
export function FactsTab({ server }: { server: Server }) {
  const query = useQuery(factsQuery(server.id));
  const [{ q = '' }, change] = useSearchState<{ q?: string }>();
  const matches = ({ title, fact }: Fact) =>
    `${title} ${fact}`.toLowerCase().includes(q.toLowerCase());
  return (
    <>
      <TextInput
        aria-label="Filter the facts"
        placeholder="Filter"
        w={{ base: '100%', xs: 260 }}
        mb="md"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={q}
        onChange={(event) => change({ q: event.currentTarget.value || undefined })}
      />
      <Faces
        query={query}
        what="The facts could not be read"
        skeleton={<RowsSkeleton rows={12} />}
        isEmpty={({ facts }) => facts.every((fact) => fact.asked_at === null)}
        empty={
          <EmptyState title="Nothing was read yet">
            The facts come with the first collection that reaches the machine.
          </EmptyState>
        }
      >
        {({ facts }) =>
          RATES.map(({ rate, title, note }) => {
            const rows = facts.filter((fact) => fact.rate === rate && matches(fact));
            // What needs a look first; the others as the server lists them.
            const sorted = [...rows].sort(
              (a, b) => Number(isInTrouble(b)) - Number(isInTrouble(a)),
            );
            return (
              rows.length > 0 && (
                <div key={rate} style={{ marginBottom: 16 }}>
                  <Section
                    title={title}
                    actions={
                      <Text size="xs" c="dimmed">
                        {note}
                      </Text>
                    }
                  >
                    <ul className={classes.facts}>
                      {sorted.map((fact) => (
                        <FactRow
                          key={fact.fact}
                          fact={fact}
                          isOpenAtFirst={isInTrouble(fact) || rows.length === 1}
                        />
                      ))}
                    </ul>
                  </Section>
                </div>
              )
            );
          })
        }
      </Faces>
    </>
  );
}
