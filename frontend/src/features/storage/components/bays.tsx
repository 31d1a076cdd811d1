import { Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Section } from '@/components/page';
import { StatusMark } from '@/components/status-badge';
import { formatBytes, formatUnit, plural } from '@/lib/format';
import { driveReason, driveState, driveWords, type Drive } from '../api';
import classes from './storage.module.css';

/** The drives of each machine, in the order of their names; the machine with the worst first. */
export function shelvesOf(drives: readonly Drive[]): Drive[][] {
  const shelves = new Map<string, Drive[]>();
  for (const drive of drives) {
    const shelf = shelves.get(drive.server_id) ?? [];
    shelf.push(drive);
    shelves.set(drive.server_id, shelf);
  }
  const rank = { critical: 0, warning: 1, unknown: 2, ok: 3 };
  const worst = (shelf: Drive[]) => Math.min(...shelf.map((drive) => rank[driveState(drive)]));
  const byName = new Intl.Collator(undefined, { numeric: true });
  for (const shelf of shelves.values()) shelf.sort((a, b) => byName.compare(a.name, b.name));
  return [...shelves.values()].sort(
    (a, b) => worst(a) - worst(b) || byName.compare(nameOf(a), nameOf(b)),
  );
}

const nameOf = (shelf: Drive[]) => shelf[0]?.server_name ?? '';

function Wear({ percent }: { percent: number | null }) {
  if (percent === null) return null;
  const state = percent >= 90 ? 'critical' : percent >= 80 ? 'warning' : 'ok';
  return (
    <span className={classes.wear} role="img" aria-label={`${percent} % of its endurance used`}>
      <span data-state={state} style={{ width: `${Math.min(percent, 100)}%` }} />
    </span>
  );
}

function Bay({ drive }: { drive: Drive }) {
  const reason = driveReason(drive);
  const worn = drive.wear_percent === null ? '' : `, ${drive.wear_percent} % worn`;
  return (
    <li>
      <Tooltip label={reason || `${drive.title}${worn}`}>
        <Link
          className={classes.bay}
          data-state={driveState(drive)}
          to="/storage/devices/$deviceId"
          params={{ deviceId: drive.id }}
        >
          <span className={classes.place}>
            <StatusMark state={driveState(drive)} label={driveWords(drive)} />
            {drive.name}
          </span>
          <span className={classes.small}>
            {drive.temperature_celsius === null
              ? ''
              : formatUnit(drive.temperature_celsius, 'celsius')}
          </span>
          <span className={classes.small}>{formatBytes(drive.capacity_bytes)}</span>
          <Wear percent={drive.wear_percent} />
        </Link>
      </Tooltip>
    </li>
  );
}

/** Each machine with its drives, as if one stood before it. */
export function Bays({ drives }: { drives: readonly Drive[] }) {
  return shelvesOf(drives).map((shelf) => {
    const first = shelf[0];
    if (!first) return null;
    return (
      <Section
        key={first.server_id}
        title={first.server_name}
        actions={
          <Link to="/servers/$serverId" params={{ serverId: first.server_id }}>
            {plural(shelf.length, 'drive')}
          </Link>
        }
      >
        <ul className={classes.bays}>
          {shelf.map((drive) => (
            <Bay key={drive.id} drive={drive} />
          ))}
        </ul>
      </Section>
    );
  });
}
