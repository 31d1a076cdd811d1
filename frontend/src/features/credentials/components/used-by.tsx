import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { usersQuery } from '../api';
import classes from './credentials.module.css';

interface UsedByProps {
  noun: 'ssh-keys' | 'logins';
  id: string;
}

/** The servers that stop working when this is gone. */
export function UsedBy({ noun, id }: UsedByProps) {
  const query = useQuery(usersQuery(noun, id));
  return (
    <Section title="Used by">
      <Faces
        query={query}
        what="Who uses it could not be read"
        skeleton={<RowsSkeleton rows={2} />}
        isEmpty={(users) => users.length === 0}
        empty={<Text c="dimmed">No server logs in with it.</Text>}
      >
        {(users) => (
          <ul className={classes.list}>
            {users.map((user) => (
              <li key={user.id}>
                <Link to="/servers/$serverId" params={{ serverId: user.id }}>
                  {user.name}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Faces>
    </Section>
  );
}
