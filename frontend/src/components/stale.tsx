import { Group, Text } from '@mantine/core';
import { IconClockPause } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useNow } from '@/hooks/use-now';
import classes from './stale.module.css';
import { RelativeTime } from './relative-time';

interface StaleProps {
  /** When the data was last true. */
  since: string | number | Date | null | undefined;
  /** Seconds after which it is old: two intervals. */
  after: number;
  children: ReactNode;
}

function seconds(at: string | number | Date): number {
  return typeof at === 'number' ? at : new Date(at).getTime() / 1000;
}

/** Greys what is inside when its data is older than two intervals, and says since when. */
export function Stale({ since, after, children }: StaleProps) {
  const now = useNow();
  const isStale =
    since !== null && since !== undefined && now.getTime() / 1000 - seconds(since) > after;
  if (!isStale) return <>{children}</>;
  return (
    <div>
      <Group gap={6} className={classes.note} role="note">
        <IconClockPause size={16} aria-hidden />
        <Text span size="xs">
          Last true <RelativeTime at={since} />. No newer data has come since.
        </Text>
      </Group>
      <div className={classes.old}>{children}</div>
    </div>
  );
}
