import { Loader, Stack, Text, VisuallyHidden } from '@mantine/core';
import { IconCheck, IconCircleDashed, IconMinus, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './checks.module.css';
import { CopyBlock } from './copy-block';

export interface Check {
  name: string;
  label: string;
  state: 'waiting' | 'running' | 'ok' | 'failed' | 'skipped';
  /** What came of it, or what went wrong. */
  message?: string;
  /** What to do about it, in words. */
  fix?: string;
  /** What to type to mend it, or to find out more. */
  commands?: string;
  /** A next step as a button or link. */
  action?: ReactNode;
}

const MARKS: Record<Check['state'], ReactNode> = {
  waiting: <IconCircleDashed size={16} aria-hidden />,
  running: <Loader size={14} aria-hidden />,
  ok: <IconCheck size={16} stroke={2.5} aria-hidden />,
  failed: <IconX size={16} stroke={2.5} aria-hidden />,
  skipped: <IconMinus size={16} aria-hidden />,
};

const WORDS: Record<Check['state'], string> = {
  waiting: 'waits',
  running: 'under way',
  ok: 'done',
  failed: 'failed',
  skipped: 'not tried',
};

/** Checks in their order: each shows itself working, then green, or red with its fix. */
export function Checks({ checks, label }: { checks: readonly Check[]; label: string }) {
  return (
    <ol className={classes.list} aria-label={label} aria-live="polite">
      {checks.map((check) => (
        <li key={check.name} className={classes.check} data-state={check.state}>
          <span className={classes.mark}>{MARKS[check.state]}</span>
          <div>
            <div className={classes.label}>
              {check.label}
              <VisuallyHidden>: {WORDS[check.state]}</VisuallyHidden>
            </div>
            {check.message && (
              <Text size="sm" c={check.state === 'failed' ? undefined : 'dimmed'}>
                {check.message}
              </Text>
            )}
            {check.state === 'failed' && <Remedy check={check} />}
          </div>
        </li>
      ))}
    </ol>
  );
}

function Remedy({ check }: { check: Check }) {
  return (
    <Stack gap={8} mt={4}>
      {check.fix && (
        <Text size="sm">
          <b>What to do: </b>
          {check.fix}
        </Text>
      )}
      {check.commands && (
        <CopyBlock text={check.commands} label={`what to type for “${check.label}”`} />
      )}
      {check.action}
    </Stack>
  );
}
