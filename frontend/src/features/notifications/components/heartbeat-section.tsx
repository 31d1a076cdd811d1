import { Button, Group, NumberInput, Stack, Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { splitProblem } from '@/api/field-errors';
import { Faces } from '@/components/faces';
import { FormActions } from '@/components/form-actions';
import { CardSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { SecretInput } from '@/components/secret-input';
import { StatusBadge } from '@/components/status-badge';
import { healthQuery, useRemoveSwitch, useSetSwitch } from '../api';

type Health = Awaited<ReturnType<NonNullable<typeof healthQuery.queryFn>>>;

function SwitchForm({ health }: { health: Health }) {
  const outgoing = health.dead_mans_switch;
  const save = useSetSwitch();
  const remove = useRemoveSwitch();
  const [url, setUrl] = useState('');
  const [minutes, setMinutes] = useState(outgoing.every_minutes);
  const [isOn, setIsOn] = useState(!outgoing.is_set || outgoing.is_enabled);
  const split = splitProblem(save.error, ['url']);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(
          { url: url.trim() || null, every_minutes: minutes, is_enabled: isOn },
          { onSuccess: () => setUrl('') },
        );
      }}
    >
      <Stack gap="md" maw={520}>
        <SecretInput
          key={outgoing.url_hint}
          label={outgoing.is_set ? `Address (${outgoing.url_hint})` : 'Address'}
          description="Of a monitor that raises the alarm when nobody asks, such as healthchecks.io."
          isSet={outgoing.is_set}
          value={url}
          onChange={setUrl}
          error={save.error ? split.fields['url'] : undefined}
        />
        <NumberInput
          label="Ask every so many minutes"
          min={1}
          max={1440}
          value={minutes}
          onChange={(next) => setMinutes(Number(next) || 5)}
        />
        <Switch
          label="Ask"
          checked={isOn}
          onChange={(event) => setIsOn(event.currentTarget.checked)}
        />
        <FormActions
          submitLabel="Save"
          isBusy={save.isPending}
          error={save.error ? split.rest : remove.error}
        >
          {outgoing.is_set && (
            <Button
              variant="default"
              loading={remove.isPending}
              onClick={() => remove.mutate(undefined)}
            >
              Forget
            </Button>
          )}
        </FormActions>
      </Stack>
    </form>
  );
}

/** Whether the parts that tell people are alive, and who outside notices when they are not. */
export function HeartbeatSection() {
  const health = useQuery(healthQuery);
  return (
    <Section title="Heartbeat">
      <Faces
        query={health}
        what="The signs of life could not be read"
        skeleton={<CardSkeleton height={160} />}
      >
        {(data) => (
          <Stack gap="md">
            <Text size="sm" c="dimmed">
              When Unity itself is down it can tell nobody. An outside monitor is asked as long as
              alerts and notifications really work, and raises the alarm when the question stays
              away.
            </Text>
            {data.heartbeats.map((beat) => (
              <Group key={beat.name} gap="sm">
                <StatusBadge state={beat.is_silent ? 'critical' : 'ok'}>
                  {beat.is_silent ? 'silent' : 'alive'}
                </StatusBadge>
                <Text size="sm">
                  {beat.name}, last round <RelativeTime at={beat.beat_at} />
                </Text>
              </Group>
            ))}
            {data.dead_mans_switch.last_error !== '' && (
              <Notice state="warning" title="The last question did not go out well">
                {data.dead_mans_switch.last_error}
              </Notice>
            )}
            {data.dead_mans_switch.last_ok_at !== null && (
              <Text size="sm">
                The monitor answered <RelativeTime at={data.dead_mans_switch.last_ok_at} />.
              </Text>
            )}
            <SwitchForm key={String(data.dead_mans_switch.is_set)} health={data} />
          </Stack>
        )}
      </Faces>
    </Section>
  );
}
