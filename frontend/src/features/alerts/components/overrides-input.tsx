import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  NumberInput,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { OverrideValues } from '../rule-values';

interface OverridesInputProps {
  value: OverrideValues[];
  onChange: (overrides: OverrideValues[]) => void;
}

const NEW: OverrideValues = {
  labels: '',
  raise_level: '',
  clear_level: '',
  is_ignored: false,
  kept: { servers: [], severity: null, for_seconds: null },
};
const asLevel = (value: number | string): number | '' => (typeof value === 'number' ? value : '');

/** Other levels, or no alert at all, for some series; the first that fits counts. */
export function OverridesInput({ value, onChange }: OverridesInputProps) {
  const change = (place: number, part: Partial<OverrideValues>) =>
    onChange(value.map((one, index) => (index === place ? { ...one, ...part } : one)));
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>
        Exceptions
      </Text>
      {value.map((one, index) => (
        <Group
          key={index}
          gap="xs"
          align="flex-end"
          role="group"
          aria-label={`Exception ${index + 1}`}
        >
          <TextInput
            label="Labels"
            placeholder="mountpoint=/backup"
            value={one.labels}
            onChange={(event) => change(index, { labels: event.currentTarget.value })}
            flex={2}
            miw={160}
          />
          <NumberInput
            label="Wrong from"
            value={one.raise_level}
            disabled={one.is_ignored}
            onChange={(level) => change(index, { raise_level: asLevel(level) })}
            w={110}
          />
          <NumberInput
            label="Well from"
            value={one.clear_level}
            disabled={one.is_ignored}
            onChange={(level) => change(index, { clear_level: asLevel(level) })}
            w={110}
          />
          <Checkbox
            label="Never"
            checked={one.is_ignored}
            onChange={(event) => change(index, { is_ignored: event.currentTarget.checked })}
            mb={8}
          />
          <ActionIcon
            size="lg"
            aria-label={`Remove exception ${index + 1}`}
            onClick={() => onChange(value.filter((_, place) => place !== index))}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      ))}
      <div>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => onChange([...value, NEW])}
        >
          Add an exception
        </Button>
      </div>
    </Stack>
  );
}
