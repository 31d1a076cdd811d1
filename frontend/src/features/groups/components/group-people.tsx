import { Button, Group as Row, NativeSelect, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import {
  GROUP_ROLES,
  peopleQuery,
  useGiveRole,
  usersQuery,
  useWithdrawRole,
  type GroupPerson,
} from '../api';

function Person({ person, onWithdraw }: { person: GroupPerson; onWithdraw?: () => void }) {
  const { user_id: userId, user_name: name } = person;
  return (
    <Table.Tr>
      <Table.Td>
        {person.is_service ? (
          name
        ) : (
          <Link to="/system/users/$userId" params={{ userId }}>
            {name}
          </Link>
        )}
        <Text size="xs" c="dimmed">
          {[person.is_service && 'program', person.is_disabled && 'disabled']
            .filter(Boolean)
            .join(', ')}
        </Text>
      </Table.Td>
      <Table.Td>{person.role}</Table.Td>
      <Table.Td>{person.is_everywhere ? 'for everything' : 'for this group'}</Table.Td>
      <Table.Td align="right">
        {onWithdraw && (
          <Button
            size="xs"
            variant="default"
            aria-label={`Withdraw the role of ${name}`}
            onClick={onWithdraw}
          >
            Withdraw
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function GiveRole({ groupId, people }: { groupId: string; people: GroupPerson[] }) {
  const users = useQuery(usersQuery);
  const give = useGiveRole(groupId);
  const [chosen, setChosen] = useState('');
  const [role, setRole] = useState<(typeof GROUP_ROLES)[number]>('viewer');
  const has = new Set(people.filter((one) => !one.is_everywhere).map((one) => one.user_id));
  const free = (users.data ?? []).filter(({ id }) => !has.has(id));
  const userId = chosen || free[0]?.id;
  if (free.length === 0) return null;
  return (
    <Row align="end" gap="xs">
      <NativeSelect
        label="Person"
        data={free.map(({ id, name }) => ({ value: id, label: name }))}
        value={userId}
        onChange={(event) => setChosen(event.currentTarget.value)}
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
        onClick={() => userId && give.mutate({ userId, role }, { onSuccess: () => setChosen('') })}
      >
        Give the role
      </Button>
      {give.error && <ProblemAlert what="The role was not given" error={give.error} />}
    </Row>
  );
}

/** Who may do something with what the group holds, and by which role. */
export function GroupPeople({ groupId }: { groupId: string }) {
  const people = useQuery(peopleQuery(groupId));
  const withdraw = useWithdrawRole(groupId);
  const mayManage = useMay('users:manage');
  return (
    <Section title="Who has rights in it">
      {withdraw.error && <ProblemAlert what="The role stays" error={withdraw.error} />}
      <Faces
        query={people}
        what="The people could not be read"
        skeleton={<CardSkeleton height={80} />}
      >
        {(found) => (
          <Stack gap="sm">
            <Table aria-label="People with rights in the group">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Name</Table.Th>
                  <Table.Th>Role</Table.Th>
                  <Table.Th>It counts</Table.Th>
                  <Table.Th />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {found.map((person) => (
                  <Person
                    key={`${person.user_id} ${person.is_everywhere}`}
                    person={person}
                    onWithdraw={
                      mayManage && !person.is_everywhere
                        ? () => withdraw.mutate(person.user_id)
                        : undefined
                    }
                  />
                ))}
              </Table.Tbody>
            </Table>
            {mayManage && <GiveRole groupId={groupId} people={found} />}
          </Stack>
        )}
      </Faces>
    </Section>
  );
}
