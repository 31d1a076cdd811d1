import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { toProblem } from '@/api/problem';

interface ProblemAlertProps {
  error: unknown;
  /** What failed, from the reader's side: "The servers could not be read". */
  what?: string;
  onRetry?: () => void;
  isRetrying?: boolean;
  /** A next step other than trying again. */
  action?: ReactNode;
}

/** What failed, the cause, what to do, and the way to try again. */
export function ProblemAlert({ error, what, onRetry, isRetrying, action }: ProblemAlertProps) {
  const problem = toProblem(error);
  return (
    <Alert
      role="alert"
      variant="light"
      color="red"
      icon={<IconAlertTriangle size={20} aria-hidden />}
      title={what ?? problem.title}
      styles={{ title: { color: 'var(--unity-critical)' } }}
    >
      <Stack gap="xs">
        {what !== undefined && <Text size="sm">{problem.title}.</Text>}
        {problem.detail !== undefined && <Text size="sm">{problem.detail}</Text>}
        {problem.fix !== undefined && (
          <Text size="sm">
            <b>What to do: </b>
            {problem.fix}
          </Text>
        )}
        {(onRetry !== undefined || action !== undefined) && (
          <Group gap="xs">
            {onRetry !== undefined && (
              <Button size="xs" variant="default" onClick={onRetry} loading={isRetrying}>
                Try again
              </Button>
            )}
            {action}
          </Group>
        )}
        {problem.instance !== undefined && (
          <Text size="xs" c="dimmed">
            Reference {problem.instance}
          </Text>
        )}
      </Stack>
    </Alert>
  );
}
