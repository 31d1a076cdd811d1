import { Button, Group, Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { setPasswordPrompt } from '@/api/fetch';

/** Asks for the password again when the server wants it for a dangerous verb, then lets the call go on. */
export function StepUpDialog() {
  const [asked, setAsked] = useState<{ wrongBefore: string | null } | null>(null);
  const [password, setPassword] = useState('');
  const answer = useRef<(password: string | null) => void>(undefined);

  useEffect(() => {
    setPasswordPrompt(
      (wrongBefore) =>
        new Promise((resolve) => {
          answer.current = resolve;
          setAsked({ wrongBefore });
        }),
    );
    return () => setPasswordPrompt(() => Promise.resolve(null));
  }, []);

  const finish = (value: string | null) => {
    setAsked(null);
    setPassword('');
    answer.current?.(value);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    finish(password);
  };
  return (
    <Modal
      opened={asked !== null}
      onClose={() => finish(null)}
      title="Confirm that it is you"
      zIndex={400}
    >
      <form onSubmit={submit}>
        <Stack gap="md">
          <Text size="sm">
            This action needs your password again. It is asked at most once in a few minutes.
          </Text>
          <PasswordInput
            label="Your password"
            autoComplete="current-password"
            data-autofocus
            required
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={asked?.wrongBefore}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => finish(null)}>
              Cancel
            </Button>
            <Button type="submit">Continue</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
