import { Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import type { State } from '@/lib/states';
import { hostKeysQuery, useReject, type HostKey } from '../api';
import { ChangedHostKey } from './changed-host-key';
import classes from './host-keys.module.css';
import { OfferedHostKey } from './offered-host-key';

const STATES: Record<HostKey['state'], State> = {
  approved: 'ok',
  offered: 'unknown',
  quarantined: 'critical',
  retired: 'unknown',
};

interface HostKeysProps {
  serverId: string;
  serverName: string;
}

/** What the machine showed as its identity, and what was decided about it. */
export function HostKeys({ serverId, serverName }: HostKeysProps) {
  const query = useQuery(hostKeysQuery(serverId));
  return (
    <Section title="Host keys">
      <Faces
        query={query}
        what="The host keys could not be read"
        skeleton={<RowsSkeleton rows={3} />}
        isEmpty={(keys) => keys.length === 0}
        empty={
          <EmptyState title="No host key yet">
            A machine shows its host key at the first contact, and Unity sends no password and no
            key before somebody has approved it. Test the connection to see the key of {serverName}.
          </EmptyState>
        }
      >
        {(keys) => {
          const approved = keys.find((key) => key.state === 'approved');
          const shared = { serverId, serverName };
          return (
            <Stack gap="md">
              {keys
                .filter((key) => key.state === 'quarantined')
                .map((key) => (
                  <ChangedHostKey key={key.id} {...shared} changed={key} approved={approved} />
                ))}
              {keys
                .filter((key) => key.state === 'offered')
                .map((key) => (
                  <OfferedHostKey key={key.id} {...shared} offered={key} />
                ))}
              <ul className={classes.list} aria-label="All host keys">
                {keys.map((key) => (
                  <Row key={key.id} hostKey={key} {...shared} />
                ))}
              </ul>
            </Stack>
          );
        }}
      </Faces>
    </Section>
  );
}

function Row({ hostKey, serverId, serverName }: HostKeysProps & { hostKey: HostKey }) {
  const mayDecide = useMay('servers:manage');
  const [isAsking, setIsAsking] = useState(false);
  const reject = useReject(serverId);
  return (
    <li className={classes.row}>
      <StatusBadge state={STATES[hostKey.state]}>{hostKey.state}</StatusBadge>
      <div>
        <div className={classes.code}>{hostKey.fingerprint}</div>
        <Text size="xs" c="dimmed">
          {hostKey.algorithm}, first seen <RelativeTime at={hostKey.created_at} />
          {hostKey.decided_by && (
            <>
              ; decided by {hostKey.decided_by} <RelativeTime at={hostKey.updated_at} />
            </>
          )}
        </Text>
      </div>
      {hostKey.state === 'approved' && mayDecide && (
        <Button size="xs" variant="default" onClick={() => setIsAsking(true)}>
          Trust no more
        </Button>
      )}
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        title={`Trust this host key of ${serverName} no more?`}
        confirmLabel="Trust no more"
        isDangerous
        isBusy={reject.isPending}
        error={reject.error}
        onConfirm={() =>
          reject.mutate(hostKey.fingerprint, { onSuccess: () => setIsAsking(false) })
        }
      >
        <Text size="sm">
          Unity does not log in to {serverName} any more until somebody approves a host key of it.
          What was read stays.
        </Text>
      </ConfirmDialog>
    </li>
  );
}
