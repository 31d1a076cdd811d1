import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import type { State } from '@/lib/states';
import { deploymentsQuery, useRemoveKey, type Deployment, type SSHKey } from '../api';
import classes from './credentials.module.css';

const STATES: Record<Deployment['state'], { state: State; word: string }> = {
  staged: { state: 'unknown', word: 'begun' },
  installed: { state: 'warning', word: 'not proved' },
  verified: { state: 'ok', word: 'installed' },
  failed: { state: 'critical', word: 'failed' },
  removed: { state: 'unknown', word: 'removed' },
};

/** Where Unity has put the public half. */
export function Deployments({ sshKey }: { sshKey: SSHKey }) {
  const query = useQuery(deploymentsQuery(sshKey.id));
  return (
    <Section title="Installed on">
      <Faces
        query={query}
        what="Where the key is installed could not be read"
        skeleton={<RowsSkeleton rows={2} />}
        isEmpty={(rows) => rows.length === 0}
        empty={
          <Text c="dimmed">
            Unity has put it on no machine. Open a server, then Access, to install it there.
          </Text>
        }
      >
        {(rows) => (
          <ul className={classes.list}>
            {rows.map((row) => (
              <Row key={row.id} deployment={row} sshKey={sshKey} />
            ))}
          </ul>
        )}
      </Faces>
    </Section>
  );
}

function Row({ deployment, sshKey }: { deployment: Deployment; sshKey: SSHKey }) {
  const mayRemove = useMay('credentials:manage');
  const [isAsking, setIsAsking] = useState(false);
  const remove = useRemoveKey(sshKey.id);
  const { state, word } = STATES[deployment.state];
  const isThere = deployment.state === 'verified' || deployment.state === 'installed';
  const server = deployment.resource_name;
  return (
    <li className={classes.row}>
      <StatusBadge state={state} reason={deployment.detail}>
        {word}
      </StatusBadge>
      <div>
        <Text>
          <Link to="/servers/$serverId" params={{ serverId: deployment.resource_id }}>
            {server}
          </Link>
          , account {deployment.account}
        </Text>
        <Text size="xs" c="dimmed">
          {deployment.path && <span className={classes.code}>{deployment.path} </span>}
          {deployment.verified_at ? (
            <>
              proved by a login <RelativeTime at={deployment.verified_at} />
            </>
          ) : (
            deployment.detail
          )}
        </Text>
      </div>
      {isThere && mayRemove && (
        <Button size="xs" variant="default" onClick={() => setIsAsking(true)}>
          Remove
        </Button>
      )}
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        title={`Remove the key ${sshKey.name} from ${server}?`}
        confirmLabel="Remove"
        isDangerous
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate(deployment.resource_id, { onSuccess: () => setIsAsking(false) })
        }
      >
        <Text size="sm">
          Exactly the line that Unity wrote is removed from authorized_keys of {deployment.account};
          all others stay. It is refused while Unity itself logs in to {server} with this key.
        </Text>
      </ConfirmDialog>
    </li>
  );
}
