import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { DataTable } from '@/components/data-table/data-table';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import { galleryQuery, instancesQuery, PER_PAGE } from '../api';
import { STATE_WORDS } from '../words';
import { GallerySection } from './gallery-section';
import { COLUMNS } from './instances-columns';

const STATES = Object.entries(STATE_WORDS).map(([value, label]) => ({ value, label }));
const isNarrowed = ({ q, plugin, state }: TableState) => Boolean(q ?? plugin ?? state);

function InstancesSection() {
  const [search, change] = useSearchState<TableState>();
  const query = useQuery(instancesQuery(search));
  const gallery = useQuery(galleryQuery).data ?? [];
  const navigate = useNavigate();
  const filters = [
    { id: 'state', label: 'State', options: STATES },
    {
      id: 'plugin',
      label: 'Plugin',
      options: gallery
        .filter(({ instances }) => instances > 0)
        .map(({ name, title }) => ({ value: name, label: title })),
    },
  ];
  return (
    <Section title="In use">
      <Faces
        query={query}
        what="The list could not be read"
        skeleton={<RowsSkeleton rows={4} />}
        isEmpty={({ total }) => total === 0 && !isNarrowed(search)}
        empty={
          <Text c="dimmed">Nothing is watched by a plugin yet. Choose one from the gallery.</Text>
        }
      >
        {({ items, total, page }) => (
          <DataTable
            label="Plugins in use"
            noun="entry"
            nouns="entries"
            rows={items}
            columns={COLUMNS}
            rowId={(instance) => instance.id}
            filters={filters}
            search={search}
            onSearch={change}
            onOpen={(instance) =>
              void navigate({
                to: '/system/plugins/$instanceId',
                params: { instanceId: instance.id },
              })
            }
            paging={{ page, total, pageCount: Math.ceil(total / PER_PAGE) }}
          />
        )}
      </Faces>
    </Section>
  );
}

/** What plugins watch, and which plugins there are. */
export function PluginsPage() {
  return (
    <Page
      title="Plugins"
      crumbs={[{ label: 'System', link: { to: '/system' } }]}
      subtitle="They watch what Unity itself does not know, each in a process of its own."
    >
      <Stack gap="md">
        <InstancesSection />
        <GallerySection />
      </Stack>
    </Page>
  );
}
