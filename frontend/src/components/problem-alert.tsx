import { Button, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { toProblem } from '@/api/problem';
import { Notice } from './notice';

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
    <Notice role="alert" state="critical" title={what ?? problem.title}>
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
    </Notice>
  );
}
