import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { ProblemAlert } from './problem-alert';

interface ConfirmDialogProps {
  isOpen: boolean;
  onClose: () => void;
  /** A question: "Revoke the token backup-script?" */
  title: string;
  /** What will happen. */
  children: ReactNode;
  /** The verb on the button: "Revoke". */
  confirmLabel: string;
  onConfirm: () => void;
  isBusy?: boolean;
  error?: unknown;
  isDangerous?: boolean;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { isOpen, onClose, title, children, confirmLabel, onConfirm, isBusy, error, isDangerous } =
    props;
  return (
    <Modal opened={isOpen} onClose={onClose} title={title}>
      <Stack gap="md">
        <div>{children}</div>
        {error != null && <ProblemAlert error={error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button color={isDangerous ? 'red.9' : undefined} onClick={onConfirm} loading={isBusy}>
            {confirmLabel}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
