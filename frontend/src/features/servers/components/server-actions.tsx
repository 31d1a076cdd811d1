import { ActionIcon, Button, Menu, Stack } from '@mantine/core';
import { IconDots, IconPencil, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { IconPlugConnected, IconTrash } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { ProblemAlert } from '@/components/problem-alert';
import { useSearchState } from '@/hooks/use-search-state';
import { startCollection, useSwitchServers, type Server } from '../api';
import { ConnectionTest } from './connection-test';
import { DeleteServer } from './delete-server';
import { RunFollower } from './run-follower';

interface ServerActionsProps {
  server: Server;
  onDeleted: () => void;
}

interface VerbsProps {
  server: Server;
  onTest: () => void;
  onDelete: () => void;
  onFailure: (error: unknown) => void;
}

function Verbs({ server, onTest, onDelete, onFailure }: VerbsProps) {
  const [, change] = useSearchState<{ tab?: string }>();
  const switching = useSwitchServers();
  const mayManage = useMay('servers:manage');
  const mayCollect = useMay('servers:collect');
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon size={36} aria-label={`More to do with ${server.name}`}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {mayCollect && (
          <Menu.Item leftSection={<IconPlugConnected size={16} />} onClick={onTest}>
            Test the connection
          </Menu.Item>
        )}
        {mayManage && (
          <>
            <Menu.Item
              leftSection={<IconPencil size={16} />}
              onClick={() => change({ tab: 'settings' })}
            >
              Edit or rename
            </Menu.Item>
            <Menu.Item
              leftSection={
                server.is_enabled ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />
              }
              onClick={() =>
                switching.mutate(
                  { ids: [server.id], isEnabled: !server.is_enabled },
                  { onError: onFailure },
                )
              }
            >
              {server.is_enabled ? 'Disable' : 'Enable'}
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item leftSection={<IconTrash size={16} />} color="red.9" onClick={onDelete}>
              Delete
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

/** The primary action and the menu; the work that was started shows itself below. */
export function ServerActions({ server, onDeleted }: ServerActionsProps) {
  const [dialog, setDialog] = useState<'test' | 'delete' | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const collect = useMutation({ mutationFn: () => startCollection(server.id) });
  const mayCollect = useMay('servers:collect');
  const error = collect.error ?? failure;
  return (
    <Stack gap="xs" align="flex-end">
      <div style={{ display: 'flex', gap: 8 }}>
        {mayCollect && (
          <Button
            onClick={() => collect.mutate()}
            loading={collect.isPending}
            disabled={!server.is_enabled}
          >
            Collect now
          </Button>
        )}
        <Verbs
          server={server}
          onTest={() => setDialog('test')}
          onDelete={() => setDialog('delete')}
          onFailure={setFailure}
        />
      </div>
      {error != null && <ProblemAlert error={error} />}
      {collect.data && (
        <RunFollower
          key={collect.data.run_id}
          runId={collect.data.run_id}
          title={`Collecting from ${server.name}`}
          onDismiss={collect.reset}
        />
      )}
      {dialog === 'test' && <ConnectionTest server={server} onClose={() => setDialog(null)} />}
      {dialog === 'delete' && (
        <DeleteServer server={server} onClose={() => setDialog(null)} onDeleted={onDeleted} />
      )}
    </Stack>
  );
}
