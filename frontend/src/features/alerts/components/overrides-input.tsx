import {
  Button,
  Checkbox,
  Fieldset,
  MultiSelect,
  NativeSelect,
  NumberInput,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { choices } from '@/lib/choices';
import type { Kind, OverrideValues } from '../rule-values';
import { serversQuery } from '../rules-api';

interface OverridesInputProps {
  value: OverrideValues[];
  /** What the rule looks at: only what is measured has levels. */
  kind: Kind;
  onChange: (overrides: OverrideValues[]) => void;
}

const NEW: OverrideValues = {
  labels: '',
  raise_level: '',
  clear_level: '',
  is_ignored: false,
  servers: [],
  severity: '',
  for_minutes: '',
};
const SEVERITIES = [
  { value: '', label: 'as the rule' },
  ...['critical', 'warning', 'info'].map((value) => ({ value, label: value })),
];
const asNumber = (value: number | string): number | '' => (typeof value === 'number' ? value : '');
const asSeverity = (word: string): OverrideValues['severity'] =>
  word === 'critical' || word === 'warning' || word === 'info' ? word : '';

interface OneProps {
  one: OverrideValues;
  kind: Kind;
  onChange: (part: Partial<OverrideValues>) => void;
}

function Where({ one, kind, onChange }: OneProps) {
  const servers = useQuery(serversQuery).data;
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      {kind !== 'composite' && (
        <TextInput
          label="Labels"
          placeholder={kind === 'state' ? 'subject=nginx.service' : 'mountpoint=/backup'}
          value={one.labels}
          onChange={(event) => onChange({ labels: event.currentTarget.value })}
        />
      )}
      <MultiSelect
        label="On these servers"
        placeholder={one.servers.length === 0 ? 'everywhere' : ''}
        searchable
        data={choices(servers, one.servers, 'a server that is gone')}
        value={one.servers}
        onChange={(ids) => onChange({ servers: ids })}
      />
    </SimpleGrid>
  );
}

function What({ one, kind, onChange }: OneProps) {
  const hasLevels = kind === 'threshold' || kind === 'rate_of_change';
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }}>
      {hasLevels && (
        <>
          <NumberInput
            label="Wrong from"
            placeholder="as the rule"
            value={one.raise_level}
            onChange={(level) => onChange({ raise_level: asNumber(level) })}
          />
          <NumberInput
            label="Well from"
            placeholder="as the rule"
            value={one.clear_level}
            onChange={(level) => onChange({ clear_level: asNumber(level) })}
          />
        </>
      )}
      {kind !== 'forecast' && (
        <>
          <NativeSelect
            label="Severity"
            data={SEVERITIES}
            value={one.severity ?? ''}
            onChange={(event) => onChange({ severity: asSeverity(event.currentTarget.value) })}
          />
          <NumberInput
            label="Told after"
            placeholder="as the rule"
            suffix=" min"
            min={0}
            value={one.for_minutes}
            onChange={(length) => onChange({ for_minutes: asNumber(length) })}
          />
        </>
      )}
    </SimpleGrid>
  );
}

/** Other levels, another severity, or no alert at all, for some series; the first that fits. */
export function OverridesInput({ value, kind, onChange }: OverridesInputProps) {
  const change = (place: number, part: Partial<OverrideValues>) =>
    onChange(value.map((one, index) => (index === place ? { ...one, ...part } : one)));
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>
        Exceptions
      </Text>
      {value.map((one, index) => (
        <Fieldset key={index} legend={`Exception ${index + 1}`}>
          <Stack gap="sm">
            <Where one={one} kind={kind} onChange={(part) => change(index, part)} />
            <Checkbox
              label="Never tell of it"
              checked={one.is_ignored}
              onChange={(event) => change(index, { is_ignored: event.currentTarget.checked })}
            />
            {!one.is_ignored && (
              <What one={one} kind={kind} onChange={(part) => change(index, part)} />
            )}
            <div>
              <Button
                size="xs"
                variant="default"
                aria-label={`Remove exception ${index + 1}`}
                onClick={() => onChange(value.filter((_, place) => place !== index))}
              >
                Remove
              </Button>
            </div>
          </Stack>
        </Fieldset>
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
