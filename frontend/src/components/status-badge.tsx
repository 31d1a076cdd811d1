import { Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import type { State } from '@/lib/states';
import classes from './status-badge.module.css';

// Shape and word beside the colour: a circle, a triangle, a diamond, a ring.
const SHAPES: Record<State, ReactNode> = {
  ok: <circle cx="6" cy="6" r="5" fill="currentColor" />,
  warning: <path d="M6 0.8 11.6 11H.4z" fill="currentColor" />,
  critical: <path d="M6 0 12 6 6 12 0 6z" fill="currentColor" />,
  unknown: <circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" strokeWidth="1.8" />,
};

export const STATE_WORDS: Record<State, string> = {
  ok: 'OK',
  warning: 'Warning',
  critical: 'Critical',
  unknown: 'Unknown',
};

/** Only the shape; what stands beside it must say the state in words, or give `label`. */
export function StatusMark({ state, label }: { state: State; label?: string }) {
  return (
    <svg
      className={classes.mark}
      data-state={state}
      viewBox="0 0 12 12"
      width="12"
      height="12"
      {...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true })}
    >
      {SHAPES[state]}
    </svg>
  );
}

interface StatusBadgeProps {
  state: State;
  /** The word: "online", "failed"; the state's own word when left out. */
  children?: ReactNode;
  /** Why, in a sentence; shown on hover and focus. */
  reason?: string | null | undefined;
  variant?: 'plain' | 'soft';
}

export function StatusBadge({ state, children, reason, variant = 'plain' }: StatusBadgeProps) {
  const badge = (
    <span
      className={classes.badge}
      data-state={state}
      data-variant={variant}
      {...(reason ? { tabIndex: 0 } : {})}
    >
      <StatusMark state={state} />
      <span className={classes.word}>{children ?? STATE_WORDS[state]}</span>
    </span>
  );
  return reason ? <Tooltip label={reason}>{badge}</Tooltip> : badge;
}
