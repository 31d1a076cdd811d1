import { Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CopyBlock } from '@/components/copy-block';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { privilegesQuery, type Privileges } from '../api';

function wayOf({ username, sudo }: Privileges): string {
  if (username === 'root') return 'The login is root: all of this is open to it.';
  if (sudo === 'none')
    return 'sudo is not used: none of this is open. Choose it in the settings of the server.';
  return 'Put the lines that you want into /etc/sudoers.d/unity there, with visudo. Each allows one command, to the letter.';
}

function Grant({ grant }: { grant: Privileges['grants'][number] }) {
  return (
    <div>
      <Title order={3}>{grant.title}</Title>
      <Text size="sm">{grant.unlocks}</Text>
      {grant.without && (
        <Text size="sm" c="dimmed">
          Without it: {grant.without}
        </Text>
      )}
      <CopyBlock text={grant.lines.join('\n')} label={`Lines for ${grant.title}`} />
    </div>
  );
}

/** What root unlocks on a machine: what only reads first, and apart from it what changes things. */
export function RootRights({ serverId }: { serverId: string }) {
  const query = useQuery(privilegesQuery(serverId));
  return (
    <Section title="What root unlocks">
      <Faces
        query={query}
        what="The rights could not be read"
        skeleton={<RowsSkeleton rows={3} />}
        isEmpty={({ grants }) => grants.length === 0}
        empty={<Text size="sm">Nothing here needs root, as far as it is known yet.</Text>}
      >
        {(privileges) => {
          const reading = privileges.grants.filter((grant) => !grant.changes);
          const changing = privileges.grants.filter((grant) => grant.changes);
          return (
            <Stack gap="md">
              <Text size="sm">{wayOf(privileges)}</Text>
              {reading.map((grant) => (
                <Grant key={grant.code} grant={grant} />
              ))}
              {changing.length > 0 && (
                <Text size="sm">
                  What follows changes something on the machine, and is asked for only by a person
                  or a schedule:
                </Text>
              )}
              {changing.map((grant) => (
                <Grant key={grant.code} grant={grant} />
              ))}
            </Stack>
          );
        }}
      </Faces>
    </Section>
  );
}
