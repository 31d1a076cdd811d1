import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import type { State } from '@/lib/states';
import { StatusBadge } from './status-badge';

interface JobProgressProps {
  /** What is being done: "Collecting from alpha". */
  title: string;
  state: 'waiting' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  /** Between 0 and 1; null when the length is not known. */
  fraction?: number | null | undefined;
  /** The step it is at, or how it ended. */
  message?: string | null | undefined;
  onCancel?: () => void;
  cancelLabel?: string;
}

const STATES: Record<JobProgressProps['state'], State> = {
  waiting: 'unknown',
  running: 'ok',
  succeeded: 'ok',
  failed: 'critical',
  cancelled: 'unknown',
};

/** Work that goes on at the server, as the server tells it. */
export function JobProgress({
  title,
  state,
  fraction,
  message,
  onCancel,
  cancelLabel = 'Cancel',
}: JobProgressProps) {
  const isOpen = state === 'waiting' || state === 'running';
  const value = state === 'succeeded' ? 100 : (fraction ?? 1) * 100;
  return (
    <Stack gap={6} role="status" aria-live="polite">
      <Group justify="space-between" wrap="nowrap">
        <Text fw={600} truncate title={title}>
          {title}
        </Text>
        <StatusBadge state={STATES[state]}>{state}</StatusBadge>
      </Group>
      {isOpen && (
        <Progress
          value={value}
          animated={fraction == null}
          striped={fraction == null}
          aria-label={`Progress of ${title}`}
        />
      )}
      <Group justify="space-between" wrap="nowrap" mih={30}>
        <Text size="sm" c="dimmed">
          {message ?? ''}
        </Text>
        {isOpen && onCancel && (
          <Button size="xs" variant="default" onClick={onCancel}>
            {cancelLabel}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
