import { Button, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { destinationsQuery, type Destination } from '../api';
import { DestinationCard } from './destination-card';
import { DestinationDialog } from './destination-dialog';

/** Where backups are copied to, each with its own state. */
export function DestinationsSection() {
  const destinations = useQuery(destinationsQuery);
  const [edited, setEdited] = useState<Destination | 'new' | null>(null);
  const close = () => setEdited(null);
  const add = (
    <Button size="xs" onClick={() => setEdited('new')}>
      Add a destination
    </Button>
  );
  const hasSome = (destinations.data?.length ?? 0) > 0;
  return (
    <Section title="Destinations" actions={hasSome && add}>
      <Faces
        query={destinations}
        what="The destinations could not be read"
        skeleton={<CardSkeleton height={120} />}
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState title="Nothing is backed up yet" action={add}>
            A backup is copied to every destination: a folder, another machine over SFTP, or an S3
            bucket. Choose at least one that does not burn down with this machine.
          </EmptyState>
        }
      >
        {(list) => (
          <Stack gap={0}>
            {list.map((destination) => (
              <DestinationCard
                key={destination.id}
                destination={destination}
                onEdit={() => setEdited(destination)}
              />
            ))}
          </Stack>
        )}
      </Faces>
      <DestinationDialog
        key={edited === 'new' ? 'new' : edited?.id}
        isOpen={edited !== null}
        destination={edited === 'new' ? null : edited}
        onClose={close}
        onSaved={close}
      />
    </Section>
  );
}
