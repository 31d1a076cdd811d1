import { Button, Group, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { ProblemAlert } from './problem-alert';

interface FormActionsProps {
  submitLabel: string;
  isBusy: boolean;
  /** A problem that belongs to no field (see splitProblem). */
  error?: unknown;
  onCancel?: () => void;
  children?: ReactNode;
}

/** The end of every form: what went wrong as a whole, then the buttons. */
export function FormActions({ submitLabel, isBusy, error, onCancel, children }: FormActionsProps) {
  return (
    <Stack gap="sm">
      {error != null && <ProblemAlert error={error} />}
      <Group gap="xs">
        <Button type="submit" loading={isBusy}>
          {submitLabel}
        </Button>
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
        )}
        {children}
      </Group>
    </Stack>
  );
}
