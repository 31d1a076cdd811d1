import { Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Page, Section } from '@/components/page';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import { aroundQuery, serverNamesQuery, serverTopologyQuery, type Topology } from '../api';
import { TopologyDrawing } from './topology-drawing';

function Drawn({ topology }: { topology: Topology }) {
  return (
    <>
      {topology.is_cut && (
        <Notice state="unknown" title="This is not all">
          There is more than can be drawn here. What is in trouble is shown first.
        </Notice>
      )}
      <TopologyDrawing topology={topology} />
    </>
  );
}

function OfServer({ serverId }: { serverId: string }) {
  const query = useQuery(serverTopologyQuery(serverId));
  return (
    <Section title="From its drives up to its databases">
      <Faces query={query} what="The server could not be read" skeleton={<RowsSkeleton rows={6} />}>
        {(topology) =>
          topology.nodes.length > 1 ? (
            <Drawn topology={topology} />
          ) : (
            <Text c="dimmed">
              Nothing was seen on this server yet. It fills with the next collection.
            </Text>
          )
        }
      </Faces>
    </Section>
  );
}

/** One server from its drives up to its databases. */
export function TopologyPage() {
  const [search, change] = useSearchState<TableState>();
  const query = useQuery(serverNamesQuery);
  return (
    <Page title="Topology" subtitle="What stands on what, and what a fault takes with it.">
      <Faces
        query={query}
        what="The servers could not be read"
        skeleton={<RowsSkeleton rows={6} />}
        isEmpty={({ total }) => total === 0}
        empty={
          <EmptyState title="No servers yet">
            Add a server, and Unity draws what its file systems and databases stand on.
          </EmptyState>
        }
      >
        {({ items }) => {
          const chosen = String(search.server ?? items[0]?.id ?? '');
          return (
            <>
              <Select
                label="Server"
                searchable
                allowDeselect={false}
                maw={320}
                value={chosen}
                data={items.map((one) => ({ value: one.id, label: one.name }))}
                onChange={(server) => change({ server: server ?? undefined })}
              />
              <OfServer key={chosen} serverId={chosen} />
            </>
          );
        }}
      </Faces>
    </Page>
  );
}

/** One thing that has no page of its own, such as a file system. */
export function ThingPage({ resourceId }: { resourceId: string }) {
  const query = useQuery(aroundQuery(resourceId));
  return (
    <Faces query={query} what="It could not be read" skeleton={<RowsSkeleton rows={6} />}>
      {(topology) => {
        const own = topology.nodes.find((one) => one.id === resourceId);
        const server = topology.nodes.find((one) => one.kind === 'server');
        return (
          <Page
            title={own?.name ?? ''}
            crumbs={[{ label: 'Topology', link: { to: '/storage/topology' } }]}
            subtitle={[own?.detail, server && `on ${server.name}`].filter(Boolean).join(' ')}
          >
            <Section title="What stands on what">
              <Drawn topology={topology} />
            </Section>
          </Page>
        );
      }}
    </Faces>
  );
}
