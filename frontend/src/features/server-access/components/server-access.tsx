import { Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { Section } from '@/components/page';
import { serverQuery, type Server } from '../api';
import { HostKeys } from './host-keys';
import { InstallKeyDialog } from './install-key-dialog';
import { RootRights } from './root-rights';

/** What stands between Unity and a server: its host keys, and the key that lets Unity in. */
export function ServerAccess({ serverId }: { serverId: string }) {
  const { data: server } = useQuery(serverQuery(serverId));
  if (!server) return null;
  return (
    <Stack gap="md">
      <HostKeys serverId={server.id} serverName={server.name} />
      <LoginKey server={server} />
      <RootRights serverId={server.id} />
    </Stack>
  );
}

function LoginKey({ server }: { server: Server }) {
  const mayInstall = useMay('credentials:manage');
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Section
      title="SSH key"
      actions={
        mayInstall && (
          <Button size="xs" variant="default" onClick={() => setIsOpen(true)}>
            Install a key
          </Button>
        )
      }
    >
      {server.ssh_key_id ? (
        <Text>
          Unity logs in with the key{' '}
          <Link to="/credentials/ssh-keys/$keyId" params={{ keyId: server.ssh_key_id }}>
            {server.ssh_key_name}
          </Link>
          .
        </Text>
      ) : (
        <Text c="dimmed">
          No key is in use here. Unity can put one into authorized_keys and log in with it from then
          on.
        </Text>
      )}
      {isOpen && <InstallKeyDialog server={server} onClose={() => setIsOpen(false)} />}
    </Section>
  );
}
