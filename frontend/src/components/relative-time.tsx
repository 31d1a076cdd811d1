import { Text, Tooltip } from '@mantine/core';
import { useNow } from '@/hooks/use-now';
import { formatExact, formatRelative, NOT_KNOWN } from '@/lib/format';

interface RelativeTimeProps {
  /** ISO text, Unix seconds, or a Date. */
  at: string | number | Date | null | undefined;
  /** Said when there is no time. */
  never?: string;
}

function toDate(at: string | number | Date): Date {
  return typeof at === 'number' ? new Date(at * 1000) : new Date(at);
}

/** "4 min ago"; the exact time in the person's zone on hover and focus. */
export function RelativeTime({ at, never = NOT_KNOWN }: RelativeTimeProps) {
  const now = useNow();
  if (at === null || at === undefined) return <Text span>{never}</Text>;
  const date = toDate(at);
  if (Number.isNaN(date.getTime())) return <Text span>{never}</Text>;
  return (
    <Tooltip label={formatExact(date)}>
      <time dateTime={date.toISOString()} tabIndex={0}>
        {formatRelative(date, now)}
      </time>
    </Tooltip>
  );
}
