import { Button, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Page } from '@/components/page';
import { groupsQuery, type Group } from '../api';
import { DeleteGroupDialog } from './delete-group';
import { EditGroupDialog } from './group-dialog';
import { GroupMembers } from './group-members';
import { GroupPeople } from './group-people';

function Manage({ group, onDeleted }: { group: Group; onDeleted: () => void }) {
  const [open, setOpen] = useState<'edit' | 'delete' | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <Button variant="default" onClick={() => setOpen('edit')}>
        Rename
      </Button>
      <Button variant="default" onClick={() => setOpen('delete')}>
        Delete
      </Button>
      {open === 'edit' && <EditGroupDialog group={group} onClose={close} />}
      {open === 'delete' && (
        <DeleteGroupDialog group={group} onClose={close} onDeleted={onDeleted} />
      )}
    </>
  );
}

export function GroupPage({ id, onDeleted }: { id: string; onDeleted: () => void }) {
  const groups = useQuery(groupsQuery);
  const mayEdit = useMay('resources:manage');
  const maySeePeople = useMay('users:read');
  const group = groups.data?.find((one) => one.id === id);
  return (
    <Page
      title={group?.name ?? 'Group'}
      crumbs={[
        { label: 'System', link: { to: '/system' } },
        { label: 'Groups', link: { to: '/system/groups' } },
      ]}
      subtitle={group?.description}
      actions={group && mayEdit && <Manage group={group} onDeleted={onDeleted} />}
    >
      <Faces
        query={groups}
        what="The group could not be read"
        skeleton={<CardSkeleton height={140} />}
        isEmpty={(list) => !list.some((one) => one.id === id)}
        empty={
          <EmptyState title="There is no such group">
            It was deleted, or your rights are for other groups.
          </EmptyState>
        }
      >
        {(list) =>
          list
            .filter((one) => one.id === id)
            .map((one) => (
              <Stack key={one.id} gap="md">
                <GroupMembers group={one} />
                {maySeePeople && <GroupPeople groupId={one.id} />}
              </Stack>
            ))
        }
      </Faces>
    </Page>
  );
}
