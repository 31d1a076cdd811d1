import { Anchor, Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { setPasswordPrompt, type Proof } from '@/api/fetch';
import { sessionQuery } from '@/api/session';
import { SignOnStepUp } from '@/features/session/components/sign-on-step-up';

/** Asks for the password or a code again when the server wants it, then lets the call go on. */
export function StepUpDialog() {
  const user = useQueryClient().getQueryData(sessionQuery.queryKey)?.user;
  const [asked, setAsked] = useState<{ wrongBefore: string | null } | null>(null);
  const [text, setText] = useState('');
  const [wantsCode, setWantsCode] = useState(false);
  const answer = useRef<(proof: Proof | null) => void>(undefined);

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

  const hasPassword = user?.has_password ?? true;
  const hasCode = user?.has_second_factor ?? false;
  const byCode = hasCode && (wantsCode || !hasPassword);
  const finish = (proof: Proof | null) => {
    setAsked(null);
    setText('');
    answer.current?.(proof);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    finish(byCode ? { code: text } : text);
  };
  const field = {
    'data-autofocus': true,
    required: true,
    value: text,
    error: asked?.wrongBefore,
    onChange: (event: { currentTarget: { value: string } }) => setText(event.currentTarget.value),
  };
  return (
    <Modal
      opened={asked !== null}
      onClose={() => finish(null)}
      title="Confirm that it is you"
      zIndex={400}
    >
      {!hasPassword && !hasCode ? (
        <SignOnStepUp onCancel={() => finish(null)} />
      ) : (
        <form onSubmit={submit}>
          <Stack gap="md">
            <Text size="sm">
              This action needs {byCode ? 'a code of your app' : 'your password'} again. It is asked
              at most once in a few minutes.
            </Text>
            {byCode ? (
              <TextInput
                label="Your code"
                autoComplete="one-time-code"
                inputMode="numeric"
                {...field}
              />
            ) : (
              <PasswordInput label="Your password" autoComplete="current-password" {...field} />
            )}
            {hasPassword && hasCode && (
              <Anchor
                component="button"
                type="button"
                size="sm"
                onClick={() => {
                  setWantsCode(!byCode);
                  setText('');
                }}
              >
                {byCode ? 'Use the password instead' : 'Use a code of the app instead'}
              </Anchor>
            )}
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={() => finish(null)}>
                Cancel
              </Button>
              <Button type="submit">Continue</Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
