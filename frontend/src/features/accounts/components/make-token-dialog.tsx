import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { CopyBlock } from '@/components/copy-block';
import { Notice } from '@/components/notice';
import type { NewToken } from '../api';
import { TokenForm } from './token-form';

interface MakeTokenDialogProps {
  isOpen: boolean;
  onClose: () => void;
  /** Whose token, by name; left out: one's own. */
  owner?: string;
}

function Made({ token, onClose }: { token: NewToken; onClose: () => void }) {
  return (
    <Stack gap="md">
      <Notice state="warning" title="Copy it now" role="status">
        It is shown this one time. Unity keeps only a check sum of it.
      </Notice>
      <CopyBlock text={token.token} label="the token" />
      <Text size="sm">Send it with every request:</Text>
      <CopyBlock text={`Authorization: Bearer ${token.token}`} label="the header" />
      <Group justify="flex-end">
        <Button onClick={onClose}>I have copied it</Button>
      </Group>
    </Stack>
  );
}

export function MakeTokenDialog({ isOpen, onClose, owner = '' }: MakeTokenDialogProps) {
  const [made, setMade] = useState<NewToken | null>(null);
  const close = () => {
    setMade(null);
    onClose();
  };
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={made ? `The token ${made.name}` : 'Make a token'}
      size="lg"
      // A click beside the dialog must not lose the only sight of the token.
      closeOnClickOutside={made === null}
    >
      {made ? (
        <Made token={made} onClose={close} />
      ) : (
        <TokenForm onMade={setMade} onCancel={close} owner={owner} />
      )}
    </Modal>
  );
}
