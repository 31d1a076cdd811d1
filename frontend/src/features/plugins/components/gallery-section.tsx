import { SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { StatusBadge } from '@/components/status-badge';
import { plural } from '@/lib/format';
import { galleryQuery, type Plugin } from '../api';
import { CATEGORIES, isUsable, SOURCES } from '../words';
import classes from './plugins.module.css';
import { ScanButton } from './scan-button';

const fits = (plugin: Plugin, words: string) =>
  `${plugin.title} ${plugin.summary} ${plugin.name}`.toLowerCase().includes(words);

function PluginCard({ plugin }: { plugin: Plugin }) {
  return (
    <li className={classes.card}>
      <Link
        to="/system/plugins/gallery/$name"
        params={{ name: plugin.name }}
        className={classes.title}
      >
        {plugin.title}
      </Link>
      <Text size="sm">{plugin.summary}</Text>
      {!isUsable(plugin) && (
        <StatusBadge state="critical">{plugin.problem || 'It cannot be used.'}</StatusBadge>
      )}
      <Text size="sm" c="dimmed" className={classes.foot}>
        {[
          CATEGORIES[plugin.category] ?? plugin.category,
          plugin.tier === 'none' ? 'not rated' : plugin.tier,
          SOURCES[plugin.source] ?? plugin.source,
          plugin.instances > 0 ? `${plugin.instances} in use` : '',
        ]
          .filter(Boolean)
          .join(' · ')}
      </Text>
    </li>
  );
}

const ORDER = Object.keys(CATEGORIES);
const placeOf = ({ category }: Plugin) =>
  ORDER.includes(category) ? ORDER.indexOf(category) : ORDER.length;

function Shelf({ plugins }: { plugins: readonly Plugin[] }) {
  const sorted = [...plugins].sort(
    (one, other) => placeOf(one) - placeOf(other) || one.title.localeCompare(other.title),
  );
  return (
    <SimpleGrid component="ul" cols={{ base: 1, sm: 2, lg: 3 }} className={classes.cards}>
      {sorted.map((plugin) => (
        <PluginCard key={plugin.name} plugin={plugin} />
      ))}
    </SimpleGrid>
  );
}

/** All plugins that are installed, by what they watch. */
export function GallerySection() {
  const gallery = useQuery(galleryQuery);
  const [words, setWords] = useState('');
  const mayManage = useMay('plugins:manage');
  return (
    <Section title="Gallery" actions={mayManage && <ScanButton />}>
      <Faces
        query={gallery}
        what="The gallery could not be read"
        skeleton={<CardSkeleton height={240} />}
        isEmpty={(all) => all.length === 0}
        empty={
          <EmptyState title="No plugins found yet">
            Unity looks for plugins when it starts and every hour.
          </EmptyState>
        }
      >
        {(all) => {
          const shown = all.filter((plugin) => fits(plugin, words.trim().toLowerCase()));
          return (
            <Stack gap="md">
              <TextInput
                label="Search"
                placeholder="HTTP, UPS, Proxmox, …"
                maw={320}
                value={words}
                onChange={(event) => setWords(event.currentTarget.value)}
              />
              <Text size="sm" c="dimmed" role="status">
                {plural(shown.length, 'plugin')}
              </Text>
              {shown.length === 0 ? (
                <Text size="sm">
                  Nothing has this name. What speaks Prometheus&apos; text format can be scraped;
                  anything else can push.
                </Text>
              ) : (
                <Shelf plugins={shown} />
              )}
            </Stack>
          );
        }}
      </Faces>
    </Section>
  );
}
