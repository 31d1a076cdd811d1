import { Button, Checkbox, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { EmptyState } from '@/components/empty-state';
import { Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { plural } from '@/lib/format';
import type { ImportLine, ImportPlan } from '../api';
import classes from './lines.module.css';
import { Verdict } from './verdict';

const FORMATS: Record<ImportPlan['format'], string> = {
  auto: 'a text',
  ssh_config: 'an SSH configuration',
  ansible_ini: 'an Ansible inventory (INI)',
  ansible_yaml: 'an Ansible inventory (YAML)',
  csv: 'CSV',
};

interface ImportPreviewProps {
  plan: ImportPlan;
  isBusy: boolean;
  error: Error | null;
  onEnter: (lines: number[]) => void;
}

export function ImportPreview({ plan, isBusy, error, onEnter }: ImportPreviewProps) {
  const [left, setLeft] = useState<ReadonlySet<number>>(new Set());
  const chosen = plan.lines.filter(({ verdict, line }) => verdict === 'new' && !left.has(line));
  const toggle = (line: number) =>
    setLeft((old) => {
      const next = new Set(old);
      if (!next.delete(line)) next.add(line);
      return next;
    });
  const counts = [
    `${plan.new} new`,
    plan.exists > 0 && `${plan.exists} there already`,
    plan.invalid > 0 && `${plan.invalid} not valid`,
    plan.skipped > 0 && `${plan.skipped} skipped`,
  ].filter(Boolean);
  return (
    <Section title="What was understood">
      {plan.lines.length === 0 ? (
        <EmptyState title="No machines in it">
          The text was read as {FORMATS[plan.format]}, but it names no machine. Check what it is,
          above.
        </EmptyState>
      ) : (
        <Stack gap="md">
          <Text role="status">
            Read as {FORMATS[plan.format]}: {counts.join(', ')}.
          </Text>
          <Lines lines={plan.lines} left={left} onToggle={toggle} />
          {error && <ProblemAlert error={error} what="Nothing was entered" />}
          <Group>
            <Button
              disabled={chosen.length === 0}
              loading={isBusy}
              onClick={() => onEnter(chosen.map(({ line }) => line))}
            >
              Enter {plural(chosen.length, 'server')}
            </Button>
          </Group>
        </Stack>
      )}
    </Section>
  );
}

interface LinesProps {
  lines: readonly ImportLine[];
  left: ReadonlySet<number>;
  onToggle: (line: number) => void;
}

function Lines({ lines, left, onToggle }: LinesProps) {
  return (
    <ul className={classes.list} aria-label="Lines of the text">
      {lines.map((line) => (
        <li key={`${line.line}-${line.name}`} className={classes.line}>
          {line.verdict === 'new' ? (
            <Checkbox
              size="xs"
              aria-label={`Enter ${line.name}`}
              checked={!left.has(line.line)}
              onChange={() => onToggle(line.line)}
            />
          ) : (
            <span />
          )}
          <span className={classes.number}>Line {line.line}</span>
          <Verdict verdict={line.verdict} />
          <b>{line.name}</b>
          <span>{loginOf(line)}</span>
          <Text size="sm" c="dimmed">
            {noteOf(line)}
          </Text>
        </li>
      ))}
    </ul>
  );
}

function loginOf({ username, host, port, jump }: ImportLine): string {
  if (!host) return '';
  const address = `${username}@${host}${port !== null && port !== 22 ? `, port ${port}` : ''}`;
  return jump ? `${address}, through ${jump}` : address;
}

function noteOf({ note, groups, tags }: ImportLine): string {
  if (note) return note;
  return [...groups, ...tags].join(', ');
}
