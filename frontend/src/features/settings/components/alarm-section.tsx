import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { RelativeTime } from '@/components/relative-time';
import { plural } from '@/lib/format';
import { alarmQuery, useForgetAlarm, useTestAlarm, type AlarmChannel } from '../api';
import { AlarmForm } from './alarm-form';

/** How the last messages went. */
function Delivery({ channel }: { channel: AlarmChannel }) {
  if (channel.last_error)
    return (
      <Notice state="critical" title="The newest message did not arrive">
        {channel.last_error}
      </Notice>
    );
  return (
    <Text size="sm" c="dimmed">
      {channel.last_sent_at === null ? (
        'No message was sent yet'
      ) : (
        <>
          Last message <RelativeTime at={channel.last_sent_at} />
        </>
      )}
      {channel.waiting > 0 && `, ${plural(channel.waiting, 'message')} waiting`}
    </Text>
  );
}

function TestResult({ test }: { test: ReturnType<typeof useTestAlarm> }) {
  if (test.error) return <ProblemAlert what="The test was not sent" error={test.error} />;
  if (!test.data) return null;
  return test.data.has_arrived ? (
    <Notice state="ok" title="The address took the test message" role="status">
      {test.data.detail}
    </Notice>
  ) : (
    <Notice state="critical" title="The test message did not arrive" role="alert">
      {test.data.detail}
    </Notice>
  );
}

function Verbs({
  channel,
  test,
}: {
  channel: AlarmChannel;
  test: ReturnType<typeof useTestAlarm>;
}) {
  const [isAsking, setIsAsking] = useState(false);
  const forget = useForgetAlarm();
  const close = () => setIsAsking(false);
  return (
    <Group gap="xs">
      <Button
        size="xs"
        variant="default"
        onClick={() => test.mutate(undefined)}
        loading={test.isPending}
      >
        Send a test
      </Button>
      <Button size="xs" variant="default" onClick={() => setIsAsking(true)}>
        Forget
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={close}
        title="Forget the alarm address?"
        confirmLabel="Forget"
        isDangerous
        isBusy={forget.isPending}
        error={forget.error}
        onConfirm={() => forget.mutate(undefined, { onSuccess: close })}
      >
        Alarms are then shown here only
        {channel.waiting > 0 && `, and ${plural(channel.waiting, 'waiting message')} are dropped`}.
      </ConfirmDialog>
    </Group>
  );
}

export function AlarmSection() {
  const alarm = useQuery(alarmQuery);
  const test = useTestAlarm();
  const [round, setRound] = useState(0);
  return (
    <Section
      title="Where alarms go"
      actions={alarm.data?.is_set && <Verbs channel={alarm.data} test={test} />}
    >
      <Faces
        query={alarm}
        what="The alarm address could not be read"
        skeleton={<CardSkeleton height={200} />}
      >
        {(channel) => (
          <Stack gap="md">
            {channel.is_set ? (
              <Delivery channel={channel} />
            ) : (
              <Text size="sm" c="dimmed">
                No address is set. Unity sends one message when something goes wrong, and one when
                it is over.
              </Text>
            )}
            <TestResult test={test} />
            {/* A new round forgets what was typed once it is kept. */}
            <AlarmForm
              key={`${round} ${channel.is_set} ${channel.has_token}`}
              channel={channel}
              onSaved={() => {
                test.reset();
                setRound(round + 1);
              }}
            />
          </Stack>
        )}
      </Faces>
    </Section>
  );
}
