import { Button, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { servicesQuery, type Service } from '../api';

const FIRST = ['email', 'ntfy', 'webhook', 'apprise:discord', 'apprise:tgram', 'apprise:slack'];
const MOST = 60;

function found(services: readonly Service[], words: string): Service[] {
  const wanted = words.trim().toLowerCase();
  if (wanted !== '')
    return services.filter(
      ({ name, id }) => name.toLowerCase().includes(wanted) || id.includes(wanted),
    );
  const first = services.filter(({ id }) => FIRST.includes(id));
  return [...first, ...services.filter(({ id }) => !FIRST.includes(id))];
}

/** All services that a channel can use, to be chosen from. */
export function ServiceGallery({ onChoose }: { onChoose: (service: Service) => void }) {
  const services = useQuery(servicesQuery);
  const [words, setWords] = useState('');
  return (
    <Stack gap="md">
      <TextInput
        label="Search"
        placeholder="Discord, Telegram, Matrix, Gotify, …"
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        data-autofocus
      />
      <Faces
        query={services}
        what="The services could not be read"
        skeleton={<CardSkeleton height={240} />}
      >
        {(all) => {
          const shown = found(all, words);
          return (
            <Stack gap="xs">
              <Text size="sm" c="dimmed">
                {shown.length} of {all.length} services
                {shown.length > MOST && `; the first ${MOST} are shown, search for the others`}
              </Text>
              <SimpleGrid cols={{ base: 2, sm: 3 }} spacing="xs">
                {shown.slice(0, MOST).map((service) => (
                  <Button
                    key={service.id}
                    variant="default"
                    justify="flex-start"
                    onClick={() => onChoose(service)}
                  >
                    {service.name}
                  </Button>
                ))}
              </SimpleGrid>
              {shown.length === 0 && (
                <Text size="sm">
                  Nothing has this name. A web hook reaches anything that takes a POST.
                </Text>
              )}
            </Stack>
          );
        }}
      </Faces>
    </Stack>
  );
}
