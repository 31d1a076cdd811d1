import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { toProblem } from '@/api/problem';
import { offeredKeyQuery, useApprove } from '../api';

interface PendingHostKeyProps {
  serverId: string;
  serverName: string;
}

/** The fingerprint to compare on the machine, and its approval, in one line. */
export function PendingHostKey({ serverId, serverName }: PendingHostKeyProps) {
  const { data: offered } = useQuery(offeredKeyQuery(serverId));
  const approve = useApprove(serverId);
  if (!offered) return null;
  return (
    <Group gap="xs">
      <Text size="sm" ff="monospace">
        {offered.fingerprint}
      </Text>
      <Button
        size="xs"
        variant="default"
        aria-label={`Approve the host key of ${serverName}`}
        loading={approve.isPending}
        onClick={() => approve.mutate(offered.fingerprint)}
      >
        Approve
      </Button>
      {approve.error && (
        <Text size="sm" role="alert">
          {toProblem(approve.error).message}
        </Text>
      )}
    </Group>
  );
}
