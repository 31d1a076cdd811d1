import { ActionIcon, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import type { Matcher } from '../api';
import { FIELDS } from '../words';

interface MatchersInputProps {
  value: Matcher[];
  onChange: (matchers: Matcher[]) => void;
  /** What no matcher means here. */
  emptyMeans: string;
}

const MATCHES = [
  { value: 'is', label: 'is' },
  { value: 'is_not', label: 'is not' },
  { value: 'like', label: 'is like (* and ?)' },
  { value: 'not_like', label: 'is not like' },
];
export const NEW_MATCHER: Matcher = { field: 'server', label: '', match: 'is', values: [''] };

/** Those that are complete enough to be asked about. */
export function complete(matchers: readonly Matcher[]): Matcher[] {
  return matchers
    .map((one) => ({
      ...one,
      values: one.values.map((value) => value.trim()).filter((value) => value !== ''),
    }))
    .filter((one) => one.values.length > 0 && (one.field !== 'label' || one.label !== ''));
}

function MatcherRow({
  matcher,
  place,
  onChange,
  onRemove,
}: {
  matcher: Matcher;
  place: number;
  onChange: (matcher: Matcher) => void;
  onRemove: () => void;
}) {
  const of = `of condition ${place}`;
  return (
    <Group gap="xs" align="flex-end" role="group" aria-label={`Condition ${place}`}>
      <NativeSelect
        aria-label={`Field ${of}`}
        data={FIELDS.map(({ value, label }) => ({ value, label }))}
        value={matcher.field}
        onChange={(event) => {
          const field = FIELDS.find((one) => one.value === event.currentTarget.value);
          if (field) onChange({ ...matcher, field: field.value, label: '' });
        }}
      />
      {matcher.field === 'label' && (
        <TextInput
          aria-label={`Label ${of}`}
          placeholder="device"
          value={matcher.label ?? ''}
          onChange={(event) => onChange({ ...matcher, label: event.currentTarget.value })}
        />
      )}
      <NativeSelect
        aria-label={`Comparison ${of}`}
        data={MATCHES}
        value={matcher.match ?? 'is'}
        onChange={(event) => {
          const match = (['is', 'is_not', 'like', 'not_like'] as const).find(
            (one) => one === event.currentTarget.value,
          );
          onChange({ ...matcher, match: match ?? 'is' });
        }}
      />
      <TextInput
        aria-label={`Values ${of}`}
        placeholder={FIELDS.find((one) => one.value === matcher.field)?.hint}
        value={matcher.values.join(', ')}
        onChange={(event) =>
          onChange({ ...matcher, values: event.currentTarget.value.split(/, ?/) })
        }
        flex={1}
        miw={140}
      />
      <ActionIcon aria-label={`Remove condition ${place}`} onClick={onRemove} size="lg">
        <IconTrash size={16} />
      </ActionIcon>
    </Group>
  );
}

/** Conditions that an alert must all fulfil; several values are separated by commas. */
export function MatchersInput({ value, onChange, emptyMeans }: MatchersInputProps) {
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>
        Which alerts
      </Text>
      {value.length === 0 && (
        <Text size="sm" c="dimmed">
          {emptyMeans}
        </Text>
      )}
      {value.map((matcher, index) => (
        <MatcherRow
          // A condition has no name of its own; its place is what it is known by.
          key={index}
          place={index + 1}
          matcher={matcher}
          onChange={(changed) => onChange(value.map((one, at) => (at === index ? changed : one)))}
          onRemove={() => onChange(value.filter((_, at) => at !== index))}
        />
      ))}
      <div>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => onChange([...value, NEW_MATCHER])}
        >
          Add a condition
        </Button>
      </div>
    </Stack>
  );
}
