import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './item-list.module.css';

interface ItemProps {
  name: ReactNode;
  /** Under the name, in small letters. */
  note?: ReactNode;
  /** Short words beside it: a state, a role, a time. */
  facts?: readonly ReactNode[];
  actions?: ReactNode;
  /** What opens under it, or what went wrong with it. */
  children?: ReactNode;
}

/** One thing of a short list. On a narrow screen the facts and buttons go under the name. */
export function Item({ name, note, facts = [], actions, children }: ItemProps) {
  return (
    <li className={classes.item}>
      <div className={classes.name}>
        {name}
        {note !== undefined && note !== '' && (
          <Text component="div" size="xs" c="dimmed">
            {note}
          </Text>
        )}
      </div>
      {facts.map((fact, index) => (
        <div key={index} className={classes.fact}>
          {fact}
        </div>
      ))}
      <div className={classes.actions}>{actions}</div>
      {children !== undefined && children !== null && children !== false && (
        <div className={classes.below}>{children}</div>
      )}
    </li>
  );
}

/** A short list of things with their verbs, where a table would be too wide for a telephone. */
export function ItemList({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ul aria-label={label} className={classes.list}>
      {children}
    </ul>
  );
}
