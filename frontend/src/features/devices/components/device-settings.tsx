import { Button, Checkbox, Group, NumberInput, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import {
  deviceRulesQuery,
  useClearLimits,
  useSchedule,
  useSetLimits,
  type DeviceDetail,
} from '../api';
import classes from './devices.module.css';

const numberOf = (value: string | number) => (typeof value === 'number' ? value : null);

function Schedule({ device }: { device: DeviceDetail }) {
  const [short, setShort] = useState<string | number>(device.short_test_days);
  const [long, setLong] = useState<string | number>(device.long_test_days);
  const schedule = useSchedule(device.id);
  return (
    <Section title="Schedule of self-tests">
      <Stack gap="sm">
        <Text size="sm">
          Days between tests; 0 is never. One drive of a machine is tested at a time, and none that
          sleeps, is hot or fails.
        </Text>
        <Group align="flex-end">
          <NumberInput
            className={classes.field}
            label="Short, days"
            min={0}
            max={366}
            value={short}
            onChange={setShort}
          />
          <NumberInput
            className={classes.field}
            label="Long, days"
            min={0}
            max={366}
            value={long}
            onChange={setLong}
          />
          <Button
            variant="default"
            loading={schedule.isPending}
            onClick={() =>
              schedule.mutate({ short_days: numberOf(short) ?? 0, long_days: numberOf(long) ?? 0 })
            }
          >
            Save schedule
          </Button>
        </Group>
        {schedule.error && <ProblemAlert error={schedule.error} />}
      </Stack>
    </Section>
  );
}

function wordsOf(limit: DeviceDetail['limits'][number]): string {
  if (limit.is_ignored) return 'ignored';
  return (['watch', 'warning', 'failing'] as const)
    .filter((level) => limit[level] !== null)
    .map((level) => `${level} from ${limit[level]}`)
    .join(', ');
}

function OwnLimits({ device }: { device: DeviceDetail }) {
  const rules = useQuery(deviceRulesQuery);
  const [code, setCode] = useState<string | null>(null);
  const [warning, setWarning] = useState<string | number>('');
  const [failing, setFailing] = useState<string | number>('');
  const [isIgnored, setIgnored] = useState(false);
  const set = useSetLimits(device.id);
  const clear = useClearLimits(device.id);
  const codes = [...new Set([...(rules.data ?? []).map((rule) => rule.code), 'temperature'])];
  const error = set.error ?? clear.error;
  return (
    <Section title="Own limits">
      <Stack gap="sm">
        {device.limits.map((limit) => (
          <Group key={limit.code} gap="xs">
            <Text size="sm">
              {limit.code.replaceAll('_', ' ')}: {wordsOf(limit)}
            </Text>
            <Button size="xs" variant="default" onClick={() => clear.mutate(limit.code)}>
              Use the usual limits
            </Button>
          </Group>
        ))}
        <Group align="flex-end">
          <Select
            label="Rule"
            placeholder="Choose one"
            data={codes.map((value) => ({ value, label: value.replaceAll('_', ' ') }))}
            value={code}
            onChange={setCode}
          />
          <NumberInput
            className={classes.field}
            label="Warning from"
            min={0}
            value={warning}
            onChange={setWarning}
            disabled={isIgnored}
          />
          <NumberInput
            className={classes.field}
            label="Failing from"
            min={0}
            value={failing}
            onChange={setFailing}
            disabled={isIgnored}
          />
          <Checkbox
            label="Ignore the rule"
            checked={isIgnored}
            onChange={(event) => setIgnored(event.currentTarget.checked)}
          />
          <Button
            variant="default"
            disabled={code === null}
            loading={set.isPending}
            onClick={() =>
              code !== null &&
              set.mutate({
                code,
                limits: {
                  is_ignored: isIgnored,
                  watch: null,
                  warning: isIgnored ? null : numberOf(warning),
                  failing: isIgnored ? null : numberOf(failing),
                },
              })
            }
          >
            Save limits
          </Button>
        </Group>
        {error && <ProblemAlert error={error} />}
      </Stack>
    </Section>
  );
}

/** What people set for one drive. */
export function DeviceSettings({ device }: { device: DeviceDetail }) {
  if (!useMay('servers:manage')) return null;
  return (
    <>
      <Schedule device={device} />
      <OwnLimits device={device} />
    </>
  );
}
