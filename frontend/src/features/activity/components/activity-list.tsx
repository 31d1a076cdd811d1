import { Tooltip } from '@mantine/core';
import { PathLink } from '@/components/path-link';
import { useNow } from '@/hooks/use-now';
import { formatExact } from '@/lib/format';
import type { Happening } from '../api';
import { byDay } from '../days';
import classes from './activity.module.css';

const clock = (at: Date) => at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });

function Item({ item }: { item: Happening }) {
  const at = new Date(item.at);
  const isPerson = item.actor_kind === 'user' || item.actor_kind === 'token';
  return (
    <li className={classes.item}>
      <Tooltip label={formatExact(at)}>
        <time dateTime={item.at} className={classes.time}>
          {clock(at)}
        </time>
      </Tooltip>
      <span className={classes.what}>
        {item.path === null ? (
          item.summary
        ) : (
          <PathLink path={item.path} className={classes.link}>
            {item.summary}
          </PathLink>
        )}
      </span>
      <span className={classes.who}>{isPerson ? `by ${item.actor_name}` : item.actor_name}</span>
    </li>
  );
}

/** What happened, by day, the newest first. */
export function ActivityList({ items }: { items: readonly Happening[] }) {
  const now = useNow();
  return byDay(items, now).map(({ word, items: ofDay }) => (
    <section key={word} className={classes.day} aria-label={word}>
      <h2 className={classes.heading}>{word}</h2>
      <ol className={classes.list}>
        {ofDay.map((item) => (
          <Item key={item.id} item={item} />
        ))}
      </ol>
    </section>
  ));
}
