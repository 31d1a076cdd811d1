import { useQuery } from '@tanstack/react-query';
import { PlanDialog, type Plan } from '@/components/plan-dialog';
import { formatCount } from '@/lib/format';
import { deletePlanQuery, useDeleteServer, type Server } from '../api';

interface DeleteServerProps {
  server: Server;
  onClose: () => void;
  onDeleted: () => void;
}

export function DeleteServer({ server, onClose, onDeleted }: DeleteServerProps) {
  const query = useQuery(deletePlanQuery(server.id));
  const removal = useDeleteServer(server.id);
  const data = query.data;
  const plan: Plan | undefined = data && {
    steps: data.can_delete
      ? [
          `Collection from ${data.name} stops and its connection is closed.`,
          ...data.ends.map((title) => `Ends, and who was told of it is told that: ${title}.`),
          ...data.goes.map(({ what, count }) => `Deleted with it: ${formatCount(count)} ${what}.`),
        ]
      : ['Nothing yet: something has to be done before.'],
    risks: data.obstacles,
    kept: data.stays,
    wayBack: 'None: a server that is added again starts a new history.',
  };
  return (
    <PlanDialog
      isOpen
      onClose={onClose}
      title={`Delete the server ${server.name}?`}
      plan={plan}
      confirmLabel="Delete"
      typeName={data?.can_delete ? server.name : undefined}
      isBlocked={data?.can_delete === false}
      onConfirm={() => removal.mutate(undefined, { onSuccess: onDeleted })}
      isBusy={removal.isPending}
      error={removal.error ?? query.error}
    />
  );
}
