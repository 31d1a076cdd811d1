import { Button, Group, List, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { CopyBlock } from '@/components/copy-block';
import { Notice } from '@/components/notice';
import { ProblemAlert } from '@/components/problem-alert';
import { RelativeTime } from '@/components/relative-time';
import { useApprove, useReject, type HostKey } from '../api';
import { compareCommand } from '../compare';
import classes from './host-keys.module.css';

interface ChangedHostKeyProps {
  serverId: string;
  serverName: string;
  changed: HostKey;
  approved: HostKey | undefined;
}

/** A changed host key is an incident: both keys side by side, what it can mean, and two ways on. */
export function ChangedHostKey(props: ChangedHostKeyProps) {
  const { serverId, serverName, changed, approved } = props;
  const mayDecide = useMay('servers:manage');
  const [isAsking, setIsAsking] = useState(false);
  const approve = useApprove(serverId);
  const reject = useReject(serverId);
  return (
    <Notice state="critical" role="alert" title={`The host key of ${serverName} has changed.`}>
      <Stack gap="md">
        <Text size="sm">
          Unity stays out and sends no password and no key until this is decided.
        </Text>
        <div className={classes.pair}>
          <KeyCard title="Approved" hostKey={approved} />
          <KeyCard title="Shown now" hostKey={changed} />
        </div>
        <div>
          <Title order={3}>What it can mean</Title>
          <List size="sm">
            <List.Item>The machine was installed anew, or its SSH server was.</List.Item>
            <List.Item>Another machine got this address.</List.Item>
            <List.Item>Somebody is in between and wants the password.</List.Item>
          </List>
        </div>
        <div>
          <Text size="sm" mb={6}>
            To find out, log in to the machine in a way you trust and compare:
          </Text>
          <CopyBlock
            text={compareCommand(changed.algorithm)}
            label="the command that prints the fingerprint"
          />
        </div>
        {reject.error != null && <ProblemAlert error={reject.error} />}
        {mayDecide && (
          <Group gap="xs">
            <Button onClick={() => setIsAsking(true)}>Approve the new key</Button>
            <Button
              variant="default"
              loading={reject.isPending}
              onClick={() => reject.mutate(changed.fingerprint)}
            >
              Reject it
            </Button>
          </Group>
        )}
      </Stack>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        title={`Trust the new host key of ${serverName}?`}
        confirmLabel="Trust the new key"
        isDangerous
        isBusy={approve.isPending}
        error={approve.error}
        onConfirm={() =>
          approve.mutate(changed.fingerprint, { onSuccess: () => setIsAsking(false) })
        }
      >
        <Stack gap="sm">
          <Text size="sm">
            From now on Unity logs in to whatever shows this key, and the key before it counts no
            more:
          </Text>
          <span className={classes.fingerprint}>{changed.fingerprint}</span>
        </Stack>
      </ConfirmDialog>
    </Notice>
  );
}

function KeyCard({ title, hostKey }: { title: string; hostKey: HostKey | undefined }) {
  return (
    <div className={classes.key}>
      <Title order={3}>{title}</Title>
      {hostKey ? (
        <>
          <span className={classes.fingerprint}>{hostKey.fingerprint}</span>
          <Text size="xs" c="dimmed">
            {hostKey.algorithm}, first seen <RelativeTime at={hostKey.created_at} />
          </Text>
        </>
      ) : (
        <Text size="sm">None any more.</Text>
      )}
    </div>
  );
}
