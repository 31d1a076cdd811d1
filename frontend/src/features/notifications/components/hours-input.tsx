import { Button, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core';
import type { Hours } from '../api';
import { DAYS } from '../values';

interface HoursInputProps {
  label: string;
  description: string;
  hours: readonly Hours[];
  onChange: (hours: Hours[]) => void;
}

const NIGHT: Hours = { days: [0, 1, 2, 3, 4, 5, 6], begin: '22:00', end: '07:00' };

/** Hours of the week; an end before the beginning is on the next day. */
export function HoursInput({ label, description, hours, onChange }: HoursInputProps) {
  const change = (index: number, part: Partial<Hours>) =>
    onChange(hours.map((one, place) => (place === index ? { ...one, ...part } : one)));
  const toggle = (index: number, days: readonly number[], day: number) =>
    change(index, {
      days: days.includes(day) ? days.filter((one) => one !== day) : [...days, day],
    });
  return (
    <Stack gap="xs" role="group" aria-label={label}>
      <div>
        <Text size="sm" fw={500}>
          {label}
        </Text>
        <Text size="xs" c="dimmed">
          {description}
        </Text>
      </div>
      {hours.map(({ days = [], begin, end }, index) => (
        <Stack key={index} gap="xs">
          <Group gap="xs" align="flex-end">
            <TextInput
              type="time"
              label="From"
              value={begin}
              onChange={(event) => change(index, { begin: event.currentTarget.value })}
            />
            <TextInput
              type="time"
              label="Until"
              value={end}
              onChange={(event) => change(index, { end: event.currentTarget.value })}
            />
            <Button
              variant="default"
              onClick={() => onChange(hours.filter((_, place) => place !== index))}
            >
              Remove
            </Button>
          </Group>
          <Group gap="sm">
            {DAYS.map((word, day) => (
              <Checkbox
                key={word}
                size="xs"
                label={word}
                checked={days.includes(day)}
                onChange={() => toggle(index, days, day)}
              />
            ))}
          </Group>
        </Stack>
      ))}
      <Group>
        <Button size="xs" variant="default" onClick={() => onChange([...hours, NIGHT])}>
          Add hours
        </Button>
      </Group>
    </Stack>
  );
}
