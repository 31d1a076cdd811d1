import { Button, Group as Row, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMay } from '@/api/session';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { Item, ItemList } from '@/components/item-list';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { PathLink } from '@/components/path-link';
import { ProblemAlert } from '@/components/problem-alert';
import { membersQuery, useTakeOut, type Group } from '../api';

const KINDS: Record<string, string> = {
  server: 'server',
  ssh_key: 'SSH key',
  credential: 'login',
  storage_device: 'drive',
  storage_pool: 'pool',
};

export const kindOf = (kind: string) => KINDS[kind] ?? kind.replaceAll('_', ' ');

/** What was put into the group. What hangs on it, such as a server's disks, follows by itself. */
export function GroupMembers({ group }: { group: Group }) {
  const members = useQuery(membersQuery(group.name));
  const takeOut = useTakeOut(group.name);
  const mayEdit = useMay('resources:manage');
  return (
    <Section
      title="What it holds"
      actions={
        <Link to="/servers" search={{ group: group.name }}>
          Its servers in the list
        </Link>
      }
    >
      {takeOut.error && <ProblemAlert what="It stays in the group" error={takeOut.error} />}
      <Faces
        query={members}
        what="The members could not be read"
        skeleton={<RowsSkeleton rows={3} />}
        isEmpty={({ total }) => total === 0}
        empty={
          <EmptyState
            title="The group is empty"
            action={
              <Button component={Link} to="/servers" variant="default">
                Choose servers
              </Button>
            }
          >
            Choose servers in their list, then Tags and groups. What hangs on a server belongs to
            its groups, too.
          </EmptyState>
        }
      >
        {({ items, total }) => (
          <>
            <ItemList label={`What ${group.name} holds`}>
              {items.map(({ id, kind, name, path }) => (
                <Item
                  key={id}
                  name={path === null ? name : <PathLink path={path}>{name}</PathLink>}
                  facts={[kindOf(kind)]}
                  actions={
                    mayEdit && (
                      <Button
                        size="xs"
                        variant="default"
                        aria-label={`Take ${name} out`}
                        onClick={() => takeOut.mutate([id])}
                      >
                        Take out
                      </Button>
                    )
                  }
                />
              ))}
            </ItemList>
            {total > items.length && (
              <Row justify="center" mt="sm">
                <Text size="sm" c="dimmed">
                  The first {items.length} of {total} are shown.
                </Text>
              </Row>
            )}
          </>
        )}
      </Faces>
    </Section>
  );
}
