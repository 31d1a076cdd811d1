import { Group, Text } from '@mantine/core';
import type * as z from 'zod/mini';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { NOT_KNOWN, plural } from '@/lib/format';
import type { State } from '@/lib/states';
import type { KernelEvent, networkValue, TimerRow } from '../fact-values';
import classes from './servers.module.css';

const MOST_EVENTS = 10;
const KINDS: Record<string, { state: State; word: string }> = {
  storage: { state: 'critical', word: 'disk' },
  filesystem: { state: 'critical', word: 'file system' },
  memory: { state: 'critical', word: 'memory' },
  hardware: { state: 'critical', word: 'hardware' },
  oom: { state: 'warning', word: 'out of memory' },
  hung: { state: 'warning', word: 'stuck' },
};
const TIMERS: Record<string, { state: State; word: string; note: string }> = {
  failed: { state: 'critical', word: 'failed', note: 'what it starts has failed' },
  late: { state: 'warning', word: 'late', note: 'its time has passed' },
  stopped: { state: 'warning', word: 'stopped', note: 'it is enabled, but not running' },
  spent: { state: 'warning', word: 'no next time', note: 'it has never run' },
};

/** What the kernel said within a day, the newest first. */
export function KernelEvents({ events }: { events: readonly KernelEvent[] }) {
  if (events.length === 0) return null;
  return (
    <table className={classes.table} aria-label="What the kernel said">
      <thead>
        <tr>
          <th scope="col">The kernel said</th>
          <th scope="col" data-align="right" data-hide="sm">
            Times
          </th>
          <th scope="col" data-align="right">
            Last
          </th>
        </tr>
      </thead>
      <tbody>
        {events.slice(0, MOST_EVENTS).map((event) => {
          const { state, word } = KINDS[event.kind] ?? { state: 'warning', word: event.kind };
          return (
            <tr key={`${event.kind} ${event.subject}`}>
              <td>
                <Group gap={8}>
                  <StatusBadge state={state}>{word}</StatusBadge>
                  <span>{event.subject}</span>
                </Group>
                <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                  {event.message}
                </Text>
              </td>
              <td data-align="right" data-hide="sm">
                {event.times}
              </td>
              <td data-align="right">
                <RelativeTime at={event.at} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Only the timers that need a look; all of them stand among the facts. */
export function TimersInTrouble({ timers }: { timers: readonly TimerRow[] }) {
  const troubled = timers.filter(({ trouble }) => trouble !== '');
  if (troubled.length === 0) return null;
  return (
    <table className={classes.table} aria-label="Timers that need a look">
      <thead>
        <tr>
          <th scope="col">Timer</th>
          <th scope="col">State</th>
          <th scope="col" data-align="right">
            Ran last
          </th>
        </tr>
      </thead>
      <tbody>
        {troubled.map(({ name, starts, trouble, last_at }) => {
          const told = TIMERS[trouble] ?? { state: 'warning', word: trouble, note: '' };
          return (
            <tr key={name}>
              <td style={{ overflowWrap: 'anywhere' }}>
                {name}
                <Text size="xs" c="dimmed">
                  starts {starts}
                </Text>
              </td>
              <td>
                <StatusBadge state={told.state}>{told.word}</StatusBadge>
                <Text size="xs" c="dimmed">
                  {told.note}
                </Text>
              </td>
              <td data-align="right">
                <RelativeTime at={last_at} never="never" />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

type Link = z.infer<typeof networkValue>['interfaces'][number];

const speedOf = ({ speed_mbit: speed, duplex }: Link) => {
  if (speed == null) return NOT_KNOWN;
  const words = speed >= 1000 ? `${speed / 1000} Gbit/s` : `${speed} Mbit/s`;
  return duplex === 'half' ? `${words}, half duplex` : words;
};

/** The cables: a damaged one shows as a low speed, as changes, or as errors. */
export function Links({ links }: { links: readonly Link[] }) {
  // A tunnel or a bridge has no cable, and says nothing of one.
  const cables = links.filter(
    (one) => one.speed_mbit != null || (one.carrier_changes ?? 0) > 1 || one.received_errors > 0,
  );
  if (cables.length === 0) return null;
  return (
    <table className={classes.table} aria-label="Network links">
      <thead>
        <tr>
          <th scope="col">Link</th>
          <th scope="col">Speed</th>
          <th scope="col" data-align="right" data-hide="sm">
            Came and went
          </th>
          <th scope="col" data-align="right">
            Errors
          </th>
        </tr>
      </thead>
      <tbody>
        {cables.map((one) => (
          <tr key={one.name}>
            <td>
              {one.name}{' '}
              <Text span size="xs" c="dimmed">
                {one.state}
              </Text>
            </td>
            <td>{speedOf(one)}</td>
            <td data-align="right" data-hide="sm">
              {one.carrier_changes == null ? NOT_KNOWN : plural(one.carrier_changes, 'time')}
            </td>
            <td data-align="right">{one.received_errors + one.sent_errors}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
