import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { aroundQuery } from '../api';
import { TopologyDrawing } from './topology-drawing';

/** A card for the page of a thing: what it stands on, and what stands on it. */
export function Around({ resourceId }: { resourceId: string }) {
  const query = useQuery(aroundQuery(resourceId));
  return (
    <Section title="What stands on what">
      <Faces
        query={query}
        what="What is around it could not be read"
        skeleton={<RowsSkeleton rows={3} />}
      >
        {(topology) =>
          topology.nodes.length > 1 ? (
            <TopologyDrawing topology={topology} />
          ) : (
            <Text c="dimmed">Nothing that Unity knows of stands on it.</Text>
          )
        }
      </Faces>
    </Section>
  );
}
