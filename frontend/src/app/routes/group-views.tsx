import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { GroupPage } from '@/features/groups/components/group-page';
import { GroupsPage } from '@/features/groups/components/groups-page';

export function GroupsView() {
  const navigate = useNavigate();
  return (
    <GroupsPage
      onOpen={({ id }) => void navigate({ to: '/system/groups/$groupId', params: { groupId: id } })}
    />
  );
}

export function GroupView() {
  const { groupId } = useParams({ from: '/shell/system/groups/$groupId' });
  const navigate = useNavigate();
  const client = useQueryClient();
  // First away from the page of what is gone, then the list anew.
  const leave = () =>
    void navigate({ to: '/system/groups' }).then(() =>
      client.invalidateQueries({ queryKey: ['resources'] }),
    );
  return <GroupPage key={groupId} id={groupId} onDeleted={leave} />;
}
