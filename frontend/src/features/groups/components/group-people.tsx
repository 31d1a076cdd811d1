import { Button, Group as Row, NativeSelect, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { Faces } from '@/components/faces';
import { Item, ItemList } from '@/components/item-list';
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

function Person({
  person,
  onWithdraw,
}: {
  person: GroupPerson;
  onWithdraw: (() => void) | undefined;
}) {
  const { user_id: userId, user_name: name } = person;
  const notes = [person.is_service && 'program', person.is_disabled && 'disabled'];
  return (
    <Item
      name={
        person.is_service ? (
          name
        ) : (
          <Link to="/system/users/$userId" params={{ userId }}>
            {name}
          </Link>
        )
      }
      note={notes.filter(Boolean).join(', ')}
      facts={[person.role, person.is_everywhere ? 'for everything' : 'for this group']}
      actions={
        onWithdraw && (
          <Button
            size="xs"
            variant="default"
            aria-label={`Withdraw the role of ${name}`}
            onClick={onWithdraw}
          >
            Withdraw
          </Button>
        )
      }
    />
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
            <ItemList label="People with rights in the group">
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
            </ItemList>
            {mayManage && <GiveRole groupId={groupId} people={found} />}
          </Stack>
        )}
      </Faces>
    </Section>
  );
}
