import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { InstancePage } from '@/features/plugins/components/instance-page';
import { PluginPage } from '@/features/plugins/components/plugin-page';

export function PluginView() {
  const { name } = useParams({ from: '/shell/system/plugins/gallery/$name' });
  const navigate = useNavigate();
  return (
    <PluginPage
      key={name}
      name={name}
      onAdded={({ id }) =>
        void navigate({ to: '/system/plugins/$instanceId', params: { instanceId: id } })
      }
    />
  );
}

export function InstanceView() {
  const { instanceId } = useParams({ from: '/shell/system/plugins/$instanceId' });
  const navigate = useNavigate();
  const client = useQueryClient();
  // First away from the page of what is gone, then the lists anew.
  const leave = () =>
    void navigate({ to: '/system/plugins' }).then(() =>
      client.invalidateQueries({ queryKey: ['plugins'] }),
    );
  return <InstancePage key={instanceId} id={instanceId} onDeleted={leave} />;
}
