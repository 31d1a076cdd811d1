import { Button, Group, Stack, Text } from '@mantine/core';
import { useMay } from '@/api/session';
import { Marked } from '@/components/marked';
import { ProblemAlert } from '@/components/problem-alert';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import {
  LEVEL_WORDS,
  stateOf,
  useAcknowledge,
  useUnacknowledge,
  type DeviceDetail,
  type Reason,
} from '../api';
import classes from './devices.module.css';

function ReasonRow({ device, reason }: { device: DeviceDetail; reason: Reason }) {
  const acknowledge = useAcknowledge(device.id);
  const forget = useUnacknowledge(device.id);
  const may = useMay('servers:manage');
  const error = acknowledge.error ?? forget.error;
  return (
    <div>
      <Group justify="space-between" align="flex-start">
        <div>
          <p className={classes.reason}>
            <StatusBadge state={reason.is_acknowledged ? 'unknown' : stateOf(reason.level)}>
              {reason.is_acknowledged ? `known: ${reason.message}` : reason.message}
            </StatusBadge>
          </p>
          <Text size="sm">
            <Marked text={reason.fix} />
          </Text>
          <Text size="sm" c="dimmed">
            {LEVEL_WORDS[reason.level] ?? reason.level} · Source: {reason.source}
          </Text>
        </div>
        {may && (
          <Button
            size="xs"
            variant="default"
            loading={acknowledge.isPending || forget.isPending}
            onClick={() =>
              reason.is_acknowledged
                ? forget.mutate(reason.code)
                : acknowledge.mutate([reason.code])
            }
          >
            {reason.is_acknowledged ? 'Count it again' : 'Acknowledge'}
          </Button>
        )}
      </Group>
      {error && <ProblemAlert error={error} />}
    </div>
  );
}

/** What speaks against a drive, each with its source and what to do; and why it is not known. */
export function DeviceReasons({ device }: { device: DeviceDetail }) {
  if (device.reasons.length === 0 && !device.unknown_reason) return null;
  return (
    <Section title="Why">
      <Stack gap="sm">
        {device.unknown_reason && (
          <Text size="sm">
            {device.unknown_reason}{' '}
            {device.read_at && (
              <>
                What is shown was read <RelativeTime at={device.read_at} />; then it was{' '}
                {LEVEL_WORDS[device.known_level] ?? device.known_level}.
              </>
            )}
          </Text>
        )}
        {device.reasons.map((reason) => (
          <ReasonRow key={reason.code} device={device} reason={reason} />
        ))}
        {device.reasons.some((reason) => !reason.is_acknowledged) && (
          <Text size="sm" c="dimmed">
            An acknowledged value is quiet until it changes.
          </Text>
        )}
      </Stack>
    </Section>
  );
}
