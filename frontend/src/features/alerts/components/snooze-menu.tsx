import { Button, Menu } from '@mantine/core';
import { IconClockPause } from '@tabler/icons-react';
import { fromNow } from '../local-time';
import { tellFailure } from '../tell-failure';
import { useSnooze, type Alert } from '../api';

const HOUR = 3_600_000;
const SPANS: readonly (readonly [string, number])[] = [
  ['1 hour', HOUR],
  ['4 hours', 4 * HOUR],
  ['1 day', 24 * HOUR],
  ['1 week', 7 * 24 * HOUR],
];

interface SnoozeMenuProps {
  alerts: readonly Alert[];
  onDone?: () => void;
  size?: 'xs' | 'sm';
}

/** Puts alerts off; what still fires then is told. */
export function SnoozeMenu({ alerts, onDone, size = 'xs' }: SnoozeMenuProps) {
  const snooze = useSnooze();
  const isSnoozed = alerts.some((alert) => alert.snoozed_until !== null);
  const put = (milliseconds: number | null) =>
    snooze.mutate(
      {
        ids: alerts.map(({ id }) => id),
        until: milliseconds === null ? null : fromNow(milliseconds),
      },
      { onSuccess: onDone, onError: (error) => tellFailure('It was not snoozed', error) },
    );
  return (
    <Menu>
      <Menu.Target>
        <Button
          size={size}
          variant="default"
          loading={snooze.isPending}
          leftSection={<IconClockPause size={16} aria-hidden />}
        >
          Snooze
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {SPANS.map(([word, milliseconds]) => (
          <Menu.Item key={word} onClick={() => put(milliseconds)}>
            For {word}
          </Menu.Item>
        ))}
        {isSnoozed && <Menu.Item onClick={() => put(null)}>Not any longer</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  );
}
