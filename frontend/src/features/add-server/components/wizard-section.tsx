import { IconCheck, IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useId, type ReactNode } from 'react';
import classes from './wizard-section.module.css';

interface WizardSectionProps {
  number: number;
  title: string;
  /** What was decided here, in one line; shown while it is closed. */
  summary?: ReactNode;
  isDone: boolean;
  isOpen: boolean;
  /** Undefined while an earlier section has to be done first. */
  onOpen: (() => void) | undefined;
  children: ReactNode;
}

/** One section of the page. Closed ones keep what was typed into them. */
export function WizardSection(props: WizardSectionProps) {
  const { number, title, summary, isDone, isOpen, onOpen, children } = props;
  const id = useId();
  const Chevron = isOpen ? IconChevronDown : IconChevronRight;
  return (
    <section className={classes.section} aria-labelledby={`${id}-title`}>
      <h2 className={classes.title}>
        <button
          type="button"
          className={classes.head}
          data-done={isDone || undefined}
          aria-expanded={isOpen}
          aria-controls={`${id}-body`}
          disabled={onOpen === undefined}
          onClick={onOpen}
        >
          <span className={classes.number} data-done={isDone || undefined}>
            {isDone ? <IconCheck size={16} stroke={2.5} aria-label="Done" /> : number}
          </span>
          <span className={classes.words}>
            <span id={`${id}-title`}>{title}</span>
            {!isOpen && summary && <span className={classes.summary}>{summary}</span>}
          </span>
          {onOpen !== undefined && <Chevron size={16} aria-hidden />}
        </button>
      </h2>
      <div id={`${id}-body`} className={classes.body} hidden={!isOpen}>
        {children}
      </div>
    </section>
  );
}
