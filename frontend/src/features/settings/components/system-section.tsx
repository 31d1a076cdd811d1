import { List, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { EmptyState } from '@/components/empty-state';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { CardSkeleton, RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { StatusBadge } from '@/components/status-badge';
import { formatExact } from '@/lib/format';
import { featuresQuery, systemQuery } from '../api';

const ENGINES: Record<string, string> = { sqlite: 'SQLite', postgresql: 'PostgreSQL' };

export function SystemSection() {
  const system = useQuery(systemQuery);
  return (
    <Section title="This Unity">
      <Faces
        query={system}
        what="The system could not be read"
        skeleton={<CardSkeleton height={140} />}
      >
        {(info) => (
          <FactList
            facts={[
              ['Version', info.version],
              ['Database', ENGINES[info.database] ?? info.database],
              ['Data folder', <code key="folder">{info.data_folder}</code>],
              ['Public address', info.public_url || 'none set'],
              ['Clock', formatExact(new Date(info.time))],
            ]}
          />
        )}
      </Faces>
      <Text size="sm" c="dimmed" mt="sm">
        Listen address, TLS, limits and intervals are read when Unity starts, from its environment
        or its file; <code>docs/settings.md</code> lists every one. <code>unity doctor</code> checks
        them.
      </Text>
    </Section>
  );
}

export function FeaturesSection() {
  const features = useQuery(featuresQuery);
  return (
    <Section title="Features">
      <Faces
        query={features}
        what="The features could not be read"
        skeleton={<RowsSkeleton rows={3} />}
        isEmpty={(table) => Object.keys(table).length === 0}
        empty={
          <EmptyState title="No optional features">
            Everything that this version has is on. What can be switched stands here.
          </EmptyState>
        }
      >
        {(table) => (
          <List listStyleType="none" spacing="xs">
            {Object.entries(table).map(([name, isOn]) => (
              <List.Item key={name}>
                <StatusBadge state={isOn ? 'ok' : 'unknown'}>
                  {name} {isOn ? 'on' : 'off'}
                </StatusBadge>
              </List.Item>
            ))}
          </List>
        )}
      </Faces>
    </Section>
  );
}
