import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { plural } from '@/lib/format';
import type { State } from '@/lib/states';
import { channelsQuery, useDeleteChannel, useTestChannel, type Channel } from '../api';
import { ChannelForm } from './channel-form';
import { HeartbeatSection } from './heartbeat-section';
import { ServiceGallery } from './service-gallery';

const STATES: Record<string, State> = { ok: 'ok', failing: 'critical' };
const WORDS: Record<string, string> = {
  new: 'not used yet',
  ok: 'works',
  failing: 'fails',
  off: 'off',
};

function Health({ channel: { health } }: { channel: Channel }) {
  return (
    <Stack gap={4}>
      <Text size="sm" c="dimmed">
        {plural(health.sent, 'message')} sent
        {health.last_ok_at !== null && (
          <>
            , the last <RelativeTime at={health.last_ok_at} />, in {Math.round(health.mean_ms)} ms
            on average
          </>
        )}
        {health.waiting > 0 && `, ${health.waiting} waiting`}
        {health.dead > 0 && `, ${plural(health.dead, 'dead letter')}`}
      </Text>
      {health.last_error !== '' && (
        <Notice state="critical" title={`Failed ${plural(health.failures, 'time')} in a row`}>
          {health.last_error}
        </Notice>
      )}
      {health.template_error !== '' && (
        <Notice state="warning" title="The template fails: Unity's own words are sent">
          {health.template_error}
        </Notice>
      )}
    </Stack>
  );
}

function TestResult({ test }: { test: ReturnType<typeof useTestChannel> }) {
  if (test.error) return <ProblemAlert what="The test was not sent" error={test.error} />;
  if (!test.data) return null;
  const { has_arrived, detail, milliseconds } = test.data;
  return (
    <Notice
      state={has_arrived ? 'ok' : 'critical'}
      title={
        has_arrived ? `The receiver took it, in ${milliseconds} ms` : 'The test did not arrive'
      }
      role={has_arrived ? 'status' : 'alert'}
    >
      {detail}
    </Notice>
  );
}

/** What else goes to a channel, by its id. */
export type UsesOf = (channelId: string) => ReactNode;

interface ChannelCardProps {
  channel: Channel;
  onEdit: () => void;
  usesOf?: UsesOf | undefined;
}

function ChannelCard({ channel, onEdit, usesOf }: ChannelCardProps) {
  const test = useTestChannel(channel.id);
  const remove = useDeleteChannel(channel.id);
  const [isAsking, setIsAsking] = useState(false);
  const close = () => setIsAsking(false);
  return (
    <Section
      title={channel.name}
      actions={
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            onClick={() => test.mutate(undefined)}
            loading={test.isPending}
          >
            Send a test
          </Button>
          <Button size="xs" variant="default" onClick={onEdit}>
            Edit
          </Button>
          <Button size="xs" variant="default" onClick={() => setIsAsking(true)}>
            Delete
          </Button>
        </Group>
      }
    >
      <Stack gap="xs">
        <Group gap="sm">
          <StatusBadge state={STATES[channel.health.state] ?? 'unknown'}>
            {WORDS[channel.health.state] ?? channel.health.state}
          </StatusBadge>
          <Text size="sm">
            {channel.service_name}: {channel.hint}
          </Text>
        </Group>
        <Health channel={channel} />
        <TestResult test={test} />
      </Stack>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={close}
        title={`Delete the channel ${channel.name}?`}
        confirmLabel="Delete"
        isDangerous
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined, { onSuccess: close })}
      >
        <Stack gap="xs">
          <Text size="sm">
            What waits for it becomes a dead letter. The ledger keeps what it has sent.
          </Text>
          {isAsking && usesOf?.(channel.id)}
        </Stack>
      </ConfirmDialog>
    </Section>
  );
}

interface Open {
  channel: Channel | null;
  service: string | null;
}

/** Where messages go, how each channel has been, and the form to add one. */
export function ChannelsTab({ usesOf }: { usesOf?: UsesOf | undefined }) {
  const channels = useQuery(channelsQuery);
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const add = (
    <Button onClick={() => setOpen({ channel: null, service: null })}>Add a channel</Button>
  );
  const title =
    open?.channel?.name ?? (open?.service ? 'Add a channel' : 'Where should messages go?');
  return (
    <Stack gap="md">
      <Faces
        query={channels}
        what="The channels could not be read"
        skeleton={<RowsSkeleton />}
        isEmpty={(data) => data.length === 0}
        empty={
          <EmptyState title="Nobody is told yet" action={add}>
            A channel is a mailbox, a phone or a chat. The first one gets a message when something
            goes wrong, and one when it is over.
          </EmptyState>
        }
      >
        {(data) => (
          <>
            <Group>{add}</Group>
            {data.map((channel) => (
              <ChannelCard
                key={channel.id}
                channel={channel}
                usesOf={usesOf}
                onEdit={() => setOpen({ channel, service: channel.service })}
              />
            ))}
          </>
        )}
      </Faces>
      <HeartbeatSection />
      <Modal opened={open !== null} onClose={close} title={title} size="lg">
        {open?.service ? (
          <ChannelForm
            service={open.service}
            channel={open.channel}
            onSaved={close}
            onCancel={close}
          />
        ) : (
          <ServiceGallery onChoose={(service) => setOpen({ channel: null, service: service.id })} />
        )}
      </Modal>
    </Stack>
  );
}
