import { Button, Stack, Text, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { FormActions } from '@/components/form-actions';
import { useGiveCode } from '../api';
import { Door } from './door';

interface CodeFormProps {
  onEntered: () => void;
  onBack: () => void;
}

/** The second step of the login. */
export function CodeForm({ onEntered, onBack }: CodeFormProps) {
  const give = useGiveCode();
  const [code, setCode] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    give.mutate(code, { onSuccess: onEntered, onError: () => setCode('') });
  };
  return (
    <Door title="Second factor" lead="The password was right. Now the code of your app.">
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            label="Code"
            description="Six digits of the authenticator app, or one of your recovery codes."
            autoComplete="one-time-code"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            required
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          <FormActions submitLabel="Go on" isBusy={give.isPending} error={give.error}>
            <Button variant="default" onClick={onBack}>
              Back
            </Button>
          </FormActions>
          <Text size="xs" c="dimmed">
            App and codes lost? An admin can reset the second factor, or on the machine that runs
            Unity: <code>unity user reset-second-factor NAME</code>
          </Text>
        </Stack>
      </form>
    </Door>
  );
}
