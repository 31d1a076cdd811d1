import { Button, Group, Stack, Text } from '@mantine/core';
import { useMay } from '@/api/session';
import { CopyBlock } from '@/components/copy-block';
import { Notice } from '@/components/notice';
import { ProblemAlert } from '@/components/problem-alert';
import { useApprove, useReject, type HostKey } from '../api';
import { compareCommand } from '../compare';
import classes from './host-keys.module.css';

interface OfferedHostKeyProps {
  serverId: string;
  serverName: string;
  offered: HostKey;
}

/** First contact: nobody has said yet whether this is the machine that was meant. */
export function OfferedHostKey({ serverId, serverName, offered }: OfferedHostKeyProps) {
  const mayDecide = useMay('servers:manage');
  const approve = useApprove(serverId);
  const reject = useReject(serverId);
  const error = approve.error ?? reject.error;
  return (
    <Notice state="warning" title={`${serverName} waits for its host key to be approved.`}>
      <Stack gap="sm">
        <Text size="sm">Nothing secret was sent to it. Compare this fingerprint</Text>
        <span className={classes.fingerprint}>{offered.fingerprint}</span>
        <Text size="sm">with what the machine itself prints:</Text>
        <CopyBlock
          text={compareCommand(offered.algorithm)}
          label="the command that prints the fingerprint"
        />
        {error != null && <ProblemAlert error={error} />}
        {mayDecide && (
          <Group gap="xs">
            <Button loading={approve.isPending} onClick={() => approve.mutate(offered.fingerprint)}>
              They are the same: approve
            </Button>
            <Button
              variant="default"
              loading={reject.isPending}
              onClick={() => reject.mutate(offered.fingerprint)}
            >
              They differ: reject
            </Button>
          </Group>
        )}
      </Stack>
    </Notice>
  );
}
