import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { toProblem } from '@/api/problem';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { Notice } from '@/components/notice';
import { ProblemAlert } from '@/components/problem-alert';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import type { State } from '@/lib/states';
import {
  useBackUpNow,
  useDrillNow,
  useForgetDestination,
  useSaveDestination,
  useTestDestination,
  type Destination,
} from '../api';
import { toWrite, valuesOf } from '../values';
import classes from './backup.module.css';

function stateOf(destination: Destination): [State, string] {
  if (!destination.is_enabled) return ['unknown', 'off'];
  if (destination.last_error) return ['critical', 'last backup failed'];
  if (destination.last_drill_state === 'red') return ['critical', 'last drill failed'];
  if (destination.last_success_at === null) return ['unknown', 'no backup yet'];
  if (destination.last_drill_state === null) return ['warning', 'never tried to restore'];
  return ['ok', 'can be restored'];
}

/** What came of the test; an unknown host key is approved here. */
function TestOutcome({
  destination,
  test,
}: {
  destination: Destination;
  test: ReturnType<typeof useTestDestination>;
}) {
  const save = useSaveDestination(destination.id);
  if (test.error) return <ProblemAlert what="The test did not run" error={test.error} />;
  if (!test.data) return null;
  const { has_passed, detail, fix, offered_host_key, offered_fingerprint } = test.data;
  if (has_passed)
    return (
      <Notice state="ok" title="The destination works" role="status">
        {detail}
      </Notice>
    );
  const approve = () =>
    save.mutate(toWrite({ ...valuesOf(destination), host_key: offered_host_key }), {
      onSuccess: () => test.mutate(destination.id),
    });
  return (
    <Notice state="critical" title="The destination does not work yet" role="alert">
      <Stack gap="xs" align="flex-start">
        <span>
          {detail} {fix}
        </span>
        {offered_host_key && (
          <Button size="xs" onClick={approve} loading={save.isPending}>
            Approve {offered_fingerprint}
          </Button>
        )}
        {save.error && <ProblemAlert what="The key was not approved" error={save.error} />}
      </Stack>
    </Notice>
  );
}

function Troubles({ destination }: { destination: Destination }) {
  return (
    <>
      {destination.last_error && (
        <Notice state="critical" title="The last backup did not arrive">
          {destination.last_error}
        </Notice>
      )}
      {destination.last_drill_state === 'red' && (
        <Notice state="critical" title="The last restore drill failed">
          {destination.last_drill_reason}
        </Notice>
      )}
    </>
  );
}

interface CardProps {
  destination: Destination;
  onEdit: () => void;
}

export function DestinationCard({ destination, onEdit }: CardProps) {
  const [isAsking, setIsAsking] = useState(false);
  const test = useTestDestination();
  const forget = useForgetDestination();
  const backUp = useBackUpNow();
  const drill = useDrillNow();
  const [state, word] = stateOf(destination);
  const { name } = destination;
  const queued = (what: string) => ({
    onSuccess: () => notifications.show({ title: 'Queued', message: `${what} ${name}` }),
    onError: (error: Error) =>
      notifications.show({
        title: `${what} ${name} was not queued`,
        message: toProblem(error).message,
        color: 'red.9',
      }),
  });
  const button = (label: string, onClick: () => void, loading = false) => (
    <Button
      size="xs"
      variant="default"
      onClick={onClick}
      loading={loading}
      aria-label={`${label}: ${name}`}
    >
      {label}
    </Button>
  );
  return (
    <article className={classes.destination} aria-label={name}>
      <Group justify="space-between" gap="xs">
        <Group gap="sm">
          <Title order={3}>{name}</Title>
          <StatusBadge state={state}>{word}</StatusBadge>
        </Group>
        <Group gap="xs">
          {button(
            'Back up now',
            () => backUp.mutate(destination.id, queued('Backup to')),
            backUp.isPending,
          )}
          {button(
            'Try to restore',
            () => drill.mutate(destination.id, queued('Drill of')),
            drill.isPending,
          )}
          {button('Test', () => test.mutate(destination.id), test.isPending)}
          {button('Change', onEdit)}
          {button('Forget', () => setIsAsking(true))}
        </Group>
      </Group>
      <Text size="sm" className={classes.address}>
        {destination.address}
      </Text>
      <Text size="sm" c="dimmed">
        Last backup <RelativeTime at={destination.last_success_at} never="never" />, last tried to
        restore <RelativeTime at={destination.last_drill_at} never="never" />. Keeps the newest{' '}
        {destination.keep_last}, and {destination.keep_daily} daily, {destination.keep_weekly}{' '}
        weekly, {destination.keep_monthly} monthly.
      </Text>
      <Stack gap="xs">
        <Troubles destination={destination} />
        <TestOutcome destination={destination} test={test} />
      </Stack>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        title={`Forget ${name}?`}
        confirmLabel="Forget"
        isDangerous
        isBusy={forget.isPending}
        error={forget.error}
        onConfirm={() => forget.mutate(destination.id, { onSuccess: () => setIsAsking(false) })}
      >
        Backups are no longer copied there, and its address and secrets are deleted here. The
        archives that lie there stay.
      </ConfirmDialog>
    </article>
  );
}
