import { Skeleton, Stack, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useWatchServer } from '@/api/live';
import { useMay } from '@/api/session';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Page } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { SERVER_STATES, ServerStatusBadge } from '@/components/server-status';
import { useSearchState } from '@/hooks/use-search-state';
import { serverQuery, type Server } from '../api';
import { AccessTab } from './access-tab';
import { FactsTab } from './facts-tab';
import { HealthTab } from './health-tab';
import { LabelEditor } from './label-editor';
import { Marked } from '@/components/marked';
import { RunsTab } from './runs-tab';
import { ServerActions } from './server-actions';
import { SettingsTab } from './settings-tab';

interface TabRow {
  id: string;
  word: string;
  isOffered: boolean;
  content: () => ReactNode;
}

interface ServerPageProps {
  serverId: string;
  /** Its host keys and the key that lets Unity in, from the feature that owns them. */
  access: ReactNode;
  /** What happened to it. */
  activity: ReactNode;
  /** What will be used up soon. */
  ahead?: ReactNode;
  onDeleted: () => void;
}

const CRUMBS = [{ label: 'Servers', link: { to: '/servers' } }] as const;

function Subtitle({ server }: { server: Server }) {
  const place = server.is_local
    ? 'The machine that Unity runs on'
    : `${server.username}@${server.host}${server.port === 22 ? '' : `:${server.port}`}`;
  return (
    <>
      {place} · last seen <RelativeTime at={server.last_seen_at} never="never" />
      {[...server.groups, ...server.tags].map((word) => ` · ${word}`)}{' '}
      <LabelEditor server={server} />
    </>
  );
}

function Reason({ server }: { server: Server }) {
  if (server.status === 'online') return null;
  return (
    <Notice state={SERVER_STATES[server.status]} title={<Marked text={server.reason} />}>
      {server.fix && (
        <Text size="sm">
          <b>What to do: </b>
          <Marked text={server.fix} />
        </Text>
      )}
      {server.status_since && (
        <Text size="sm" c="dimmed">
          {server.status} since <RelativeTime at={server.status_since} />
        </Text>
      )}
    </Notice>
  );
}

function useTabs(server: Server, access: ReactNode, activity: ReactNode): TabRow[] {
  const mayManage = useMay('servers:manage');
  return [
    {
      id: 'health',
      word: 'Health',
      isOffered: true,
      content: () => <HealthTab server={server} />,
    },
    { id: 'facts', word: 'Facts', isOffered: true, content: () => <FactsTab server={server} /> },
    { id: 'runs', word: 'Runs', isOffered: true, content: () => <RunsTab serverId={server.id} /> },
    {
      id: 'access',
      word: 'Access',
      isOffered: !server.is_local,
      content: () => <AccessTab server={server}>{access}</AccessTab>,
    },
    {
      id: 'activity',
      word: 'Activity',
      isOffered: true,
      content: () => activity,
    },
    {
      id: 'settings',
      word: 'Settings',
      isOffered: mayManage,
      content: () => <SettingsTab key={server.id} server={server} />,
    },
  ].filter(({ isOffered }) => isOffered);
}

interface ServerTabsProps {
  server: Server;
  access: ReactNode;
  activity: ReactNode;
}

function ServerTabs({ server, access, activity }: ServerTabsProps) {
  const [{ tab }, change] = useSearchState<{ tab?: string; page?: number; sort?: string }>();
  const tabs = useTabs(server, access, activity);
  const open = tabs.find(({ id }) => id === tab) ?? tabs[0];
  return (
    <Tabs
      value={open?.id ?? null}
      keepMounted={false}
      onChange={(id) =>
        change({
          tab: id === 'health' ? undefined : (id ?? undefined),
          page: undefined,
          sort: undefined,
        })
      }
    >
      <Tabs.List mb="md">
        {tabs.map(({ id, word }) => (
          <Tabs.Tab key={id} value={id}>
            {word}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {open && <Tabs.Panel value={open.id}>{open.content()}</Tabs.Panel>}
    </Tabs>
  );
}

/** One server: what is true of it now, and everything that was read from it. */
export function ServerPage({ serverId, access, activity, ahead, onDeleted }: ServerPageProps) {
  const query = useQuery(serverQuery(serverId));
  useWatchServer(serverId);
  const server = query.data;
  return (
    <Page
      title={server?.name ?? 'Server'}
      crumbs={CRUMBS}
      status={
        server && <ServerStatusBadge status={server.status} reason={server.reason} variant="soft" />
      }
      subtitle={server && <Subtitle server={server} />}
      actions={server && <ServerActions server={server} onDeleted={onDeleted} />}
    >
      <Faces
        query={query}
        what="This server could not be read"
        skeleton={
          <Stack gap="md">
            <Skeleton height={36} />
            <CardSkeleton height={88} />
            <CardSkeleton height={420} />
          </Stack>
        }
      >
        {(found) => (
          <>
            <Reason server={found} />
            {ahead}
            <ServerTabs server={found} access={access} activity={activity} />
          </>
        )}
      </Faces>
    </Page>
  );
}
