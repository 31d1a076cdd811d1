import { Button, Group, PasswordInput, Text } from '@mantine/core';
import { useState } from 'react';

interface SecretInputProps {
  label: string;
  description?: string;
  /** A value is kept already; it is never shown, only replaced. */
  isSet?: boolean;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  autoComplete?: string;
}

/** Secrets are write-only: what is kept says so, and can be replaced. */
export function SecretInput({ isSet = false, value, onChange, label, ...rest }: SecretInputProps) {
  const [isReplacing, setIsReplacing] = useState(false);
  if (isSet && !isReplacing)
    return (
      <Group gap="sm">
        <Text size="sm" fw={500}>
          {label}
        </Text>
        <Text size="sm" c="dimmed">
          kept, not shown
        </Text>
        <Button size="xs" variant="default" onClick={() => setIsReplacing(true)}>
          Replace
        </Button>
      </Group>
    );
  return (
    <PasswordInput
      label={label}
      autoComplete="off"
      {...rest}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
