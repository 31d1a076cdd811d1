import { Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { CopyBlock } from '@/components/copy-block';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { keyQuery, useRenameKey, type SSHKey } from '../api';
import classes from './credentials.module.css';
import { DeleteKeyDialog } from './delete-dialog';
import { Deployments } from './deployments';
import { RenameDialog } from './rename-dialog';
import { UsedBy } from './used-by';

interface KeyPageProps {
  keyId: string;
  onDeleted: () => void;
}

export function KeyPage({ keyId, onDeleted }: KeyPageProps) {
  const query = useQuery(keyQuery(keyId));
  const [open, setOpen] = useState<'rename' | 'delete' | null>(null);
  const mayChange = useMay('credentials:manage');
  const close = () => setOpen(null);
  return (
    <Page
      title={query.data?.name ?? 'SSH key'}
      crumbs={[{ label: 'SSH keys', link: { to: '/credentials/ssh-keys' } }]}
      actions={
        query.data &&
        mayChange && (
          <>
            <Button variant="default" onClick={() => setOpen('rename')}>
              Rename
            </Button>
            <Button variant="default" onClick={() => setOpen('delete')}>
              Delete
            </Button>
          </>
        )
      }
    >
      <Faces
        query={query}
        what="The key could not be read"
        skeleton={<CardSkeleton height={200} />}
      >
        {(key) => (
          <Stack gap="md">
            <PublicHalf sshKey={key} />
            <Deployments sshKey={key} />
            <UsedBy noun="ssh-keys" id={key.id} />
            {open === 'rename' && <RenameKey sshKey={key} onClose={close} />}
            {open === 'delete' && (
              <DeleteKeyDialog sshKey={key} onClose={close} onDeleted={onDeleted} />
            )}
          </Stack>
        )}
      </Faces>
    </Page>
  );
}

function PublicHalf({ sshKey }: { sshKey: SSHKey }) {
  return (
    <Section title="Public key">
      <Stack gap="md">
        <CopyBlock text={sshKey.public_key} label="the public key" />
        <dl className={classes.pairs}>
          <dt>Fingerprint</dt>
          <dd className={classes.code}>{sshKey.fingerprint}</dd>
          <dt>Kind</dt>
          <dd>{sshKey.algorithm}</dd>
          <dt>Private half</dt>
          <dd>
            Stored encrypted, never shown
            {sshKey.has_passphrase && '; it has a passphrase, which is stored the same way'}.
          </dd>
          <dt>Made</dt>
          <dd>
            <RelativeTime at={sshKey.created_at} />
          </dd>
        </dl>
        <Text size="sm" c="dimmed">
          To let it in by hand, put the line above into ~/.ssh/authorized_keys of the account.
        </Text>
      </Stack>
    </Section>
  );
}

function RenameKey({ sshKey, onClose }: { sshKey: SSHKey; onClose: () => void }) {
  const rename = useRenameKey(sshKey.id);
  return (
    <RenameDialog
      title={`Rename the key ${sshKey.name}`}
      name={sshKey.name}
      onRename={(name) => rename.mutate(name, { onSuccess: onClose })}
      onClose={onClose}
      isBusy={rename.isPending}
      error={rename.error}
    />
  );
}
