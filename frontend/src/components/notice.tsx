import type { ReactNode } from 'react';
import type { State } from '@/lib/states';
import classes from './notice.module.css';
import { StatusMark } from './status-badge';

interface NoticeProps {
  state: State;
  title: ReactNode;
  children?: ReactNode;
  /** "alert" interrupts a screen reader; left out for what stood there from the start. */
  role?: 'alert' | 'status';
}

/** A box in a state's colour: what is so, then why and what to do. */
export function Notice({ state, title, children, role }: NoticeProps) {
  return (
    <div className={classes.notice} data-state={state} role={role}>
      <div className={classes.title}>
        <StatusMark state={state} />
        {title}
      </div>
      {children && <div className={classes.body}>{children}</div>}
    </div>
  );
}
