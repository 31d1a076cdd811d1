import { Stack, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useMay } from '@/api/session';
import { Notice } from '@/components/notice';
import { Page } from '@/components/page';
import { useSearchState } from '@/hooks/use-search-state';
import { plural } from '@/lib/format';
import type { TableState } from '@/lib/search';
import { healthQuery } from '../api';
import { ChannelsTab, type UsesOf } from './channels-tab';
import { DeliveriesTab } from './deliveries-tab';
import { RoutesTab } from './routes-tab';
import { TemplatesTab } from './templates-tab';

/** What keeps messages from arriving, above everything else. */
function Warnings() {
  const health = useQuery(healthQuery).data;
  if (!health) return null;
  const silent = health.heartbeats.filter(({ is_silent }) => is_silent);
  return (
    <Stack gap="xs">
      {!health.has_route && (
        <Notice state="warning" title="Nobody is told of anything">
          Add a channel, and a route that tells it.
        </Notice>
      )}
      {silent.map(({ name }) => (
        <Notice key={name} state="critical" title={`Unity's own ${name} are silent`}>
          Look at System → Jobs and at the log.
        </Notice>
      ))}
      {health.dead > 0 && (
        <Notice state="warning" title={plural(health.dead, 'dead letter')}>
          Messages that nobody took. The ledger says why, and sends them again.
        </Notice>
      )}
    </Stack>
  );
}

interface Slots {
  /** What else goes to a channel, said before it is deleted; made by whoever composes the page. */
  usesOf?: UsesOf;
  /** What reaches nobody, above everything else. */
  silent?: ReactNode;
}

/** Channels, routes, templates and the ledger; what one may see of them. */
export function NotificationsPage({ usesOf, silent }: Slots) {
  const mayManage = useMay('notifications:manage');
  const [search, change] = useSearchState<TableState>();
  const known = mayManage
    ? ['channels', 'routes', 'templates', 'deliveries']
    : ['deliveries', 'routes'];
  const wanted = search['tab'];
  const tab = typeof wanted === 'string' && known.includes(wanted) ? wanted : (known[0] ?? '');
  const open = (next: string | null) =>
    change({
      tab: next ?? undefined,
      q: undefined,
      sort: undefined,
      page: undefined,
      state: undefined,
      channel: undefined,
      delivery: undefined,
    });
  return (
    <Page
      title="Notifications"
      crumbs={[{ label: 'Alerts', link: { to: '/alerts' } }]}
      subtitle="Who is told of alerts, by which channels, and whether it arrived."
    >
      {mayManage && <Warnings />}
      {mayManage && silent}
      <Tabs value={tab} onChange={open} keepMounted={false}>
        <Tabs.List mb="md">
          {mayManage && <Tabs.Tab value="channels">Channels</Tabs.Tab>}
          <Tabs.Tab value="routes">Routes</Tabs.Tab>
          {mayManage && <Tabs.Tab value="templates">Templates</Tabs.Tab>}
          <Tabs.Tab value="deliveries">Deliveries</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="channels">
          <ChannelsTab usesOf={usesOf} />
        </Tabs.Panel>
        <Tabs.Panel value="routes">
          <RoutesTab />
        </Tabs.Panel>
        <Tabs.Panel value="templates">
          <TemplatesTab />
        </Tabs.Panel>
        <Tabs.Panel value="deliveries">
          <DeliveriesTab />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
