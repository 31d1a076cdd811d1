// Splits a list, the newest first, into the days of the person's own zone.
import type { Happening } from './api';

export interface Day {
  word: string;
  items: Happening[];
}

const DAY_MS = 86_400_000;
const sameDay = (a: Date, b: Date) => a.toDateString() === b.toDateString();

function wordOf(day: Date, now: Date): string {
  if (sameDay(day, now)) return 'Today';
  if (sameDay(day, new Date(now.getTime() - DAY_MS))) return 'Yesterday';
  return day.toLocaleDateString('en-GB', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(day.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  });
}

export function byDay(items: readonly Happening[], now: Date): Day[] {
  const days: Day[] = [];
  for (const item of items) {
    const word = wordOf(new Date(item.at), now);
    const last = days.at(-1);
    if (last?.word === word) last.items.push(item);
    else days.push({ word, items: [item] });
  }
  return days;
}
