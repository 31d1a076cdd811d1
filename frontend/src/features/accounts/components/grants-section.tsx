import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Faces } from '@/components/faces';
import { Item, ItemList } from '@/components/item-list';
import { CardSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import {
  GROUP_ROLES,
  grantsQuery,
  groupPeopleQuery,
  groupsQuery,
  useGiveGrant,
  useWithdrawGrant,
  type Grant,
  type GroupRole,
} from '../access';

/** Who else may do something with a group, and by what. */
function OthersOf({ groupId, userId }: { groupId: string; userId: string }) {
  const people = useQuery(groupPeopleQuery(groupId));
  const others = people.data?.filter((one) => one.user_id !== userId) ?? [];
  if (others.length === 0) return null;
  return (
    <>
      Also:{' '}
      {others
        .map((one) => `${one.user_name} (${one.role}${one.is_everywhere ? ' for all' : ''})`)
        .join(', ')}
    </>
  );
}

function GiveRole({ userId, grants }: { userId: string; grants: Grant[] }) {
  const groups = useQuery(groupsQuery);
  const give = useGiveGrant(userId);
  const [groupId, setGroupId] = useState('');
  const [role, setRole] = useState<GroupRole>('viewer');
  const free = (groups.data ?? []).filter(
    ({ id }) => !grants.some(({ group_id }) => group_id === id),
  );
  const chosen = groupId || free[0]?.id;
  if (free.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {grants.length > 0
          ? 'There is no further group.'
          : 'There is no group of servers yet: put some into one first.'}
      </Text>
    );
  return (
    <Group align="end" gap="xs">
      <NativeSelect
        label="Group"
        data={free.map(({ id, name }) => ({ value: id, label: name }))}
        value={chosen}
        onChange={(event) => setGroupId(event.currentTarget.value)}
      />
      <NativeSelect
        label="Role in the group"
        data={GROUP_ROLES}
        value={role}
        onChange={(event) => {
          const found = GROUP_ROLES.find((one) => one === event.currentTarget.value);
          if (found) setRole(found);
        }}
      />
      <Button
        variant="default"
        loading={give.isPending}
        onClick={() =>
          chosen && give.mutate({ group_id: chosen, role }, { onSuccess: () => setGroupId('') })
        }
      >
        Give the role
      </Button>
      {give.error && <ProblemAlert what="The role was not given" error={give.error} />}
    </Group>
  );
}

/** Roles that count for single groups, beside the role for all. */
export function GrantsSection({ userId, mayManage }: { userId: string; mayManage: boolean }) {
  const grants = useQuery(grantsQuery(userId));
  const withdraw = useWithdrawGrant(userId);
  return (
    <Section title="Roles for groups">
      {withdraw.error && <ProblemAlert what="The role stays" error={withdraw.error} />}
      <Faces
        query={grants}
        what="The roles could not be read"
        skeleton={<CardSkeleton height={80} />}
      >
        {(found) => (
          <Stack gap="sm">
            {found.length === 0 ? (
              <Text size="sm" c="dimmed">
                None: only the role for all counts.
              </Text>
            ) : (
              <ItemList label="Roles for groups">
                {found.map((grant) => (
                  <Item
                    key={grant.group_id}
                    name={
                      <Link to="/system/groups/$groupId" params={{ groupId: grant.group_id }}>
                        {grant.group_name}
                      </Link>
                    }
                    note={<OthersOf groupId={grant.group_id} userId={userId} />}
                    facts={[grant.role]}
                    actions={
                      mayManage && (
                        <Button
                          size="xs"
                          variant="default"
                          onClick={() => withdraw.mutate(grant.group_id)}
                        >
                          Withdraw
                        </Button>
                      )
                    }
                  />
                ))}
              </ItemList>
            )}
            {mayManage && <GiveRole userId={userId} grants={found} />}
          </Stack>
        )}
      </Faces>
    </Section>
  );
}
