import { Image, Stack, Text, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { CopyBlock } from './copy-block';
import { FormActions } from './form-actions';

interface EnrolmentFormProps {
  /** What the server made: the key, and the same as a picture. */
  enrolment: { key: string; picture: string };
  onConfirm: (code: string) => void;
  isBusy: boolean;
  error?: unknown;
  onCancel?: () => void;
}

/** The key for the authenticator app, and the code that confirms that the app has it. */
export function EnrolmentForm({ enrolment, onConfirm, ...rest }: EnrolmentFormProps) {
  const [code, setCode] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onConfirm(code);
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Text size="sm">
          Scan this with an authenticator app, such as Aegis, 2FAS or the one of your password
          manager.
        </Text>
        <Image src={enrolment.picture} alt="QR code with the key" w={220} h={220} radius="sm" />
        <Text size="sm">Or type the key in by hand:</Text>
        <CopyBlock text={enrolment.key} label="the key" />
        <TextInput
          label="Code of the app"
          description="Six digits. It counts only after this code was right."
          autoComplete="one-time-code"
          inputMode="numeric"
          required
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <FormActions submitLabel="Confirm" {...rest} />
      </Stack>
    </form>
  );
}
