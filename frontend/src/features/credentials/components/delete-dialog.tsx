import { useQuery } from '@tanstack/react-query';
import { ApiProblem } from '@/api/problem';
import { PlanDialog, type Plan } from '@/components/plan-dialog';
import { deploymentsQuery, useDeleteKey, useDeleteLogin, usersQuery } from '../api';
import type { Login, SSHKey } from '../api';

interface Closes {
  onClose: () => void;
  onDeleted: () => void;
}

/** Null while nothing stands in the way. */
function obstacle(name: string, users: readonly { name: string }[], fix: string) {
  const names = [...new Set(users.map((user) => user.name))];
  if (names.length === 0) return null;
  return new ApiProblem(409, {
    title: `${name} is in use`,
    detail: `It is needed by ${names.join(', ')}.`,
    fix,
  });
}

const KEY_PLAN: Plan = {
  steps: ['The key pair is deleted from Unity, its private half with it.'],
  kept: ['Lines with its public half that somebody put on machines by hand stay there.'],
  wayBack: 'None: the private half is nowhere else, unless you have its file.',
};

const LOGIN_PLAN: Plan = {
  steps: ['The user name and its password are deleted from Unity.'],
  kept: ['The account on the machines is not touched.'],
  wayBack: 'Store the login again, with its password.',
};

export function DeleteKeyDialog({ sshKey, onClose, onDeleted }: Closes & { sshKey: SSHKey }) {
  const users = useQuery({ ...usersQuery('ssh-keys', sshKey.id), staleTime: 0 });
  const deployments = useQuery({ ...deploymentsQuery(sshKey.id), staleTime: 0 });
  const remove = useDeleteKey(sshKey.id);
  const installed = (deployments.data ?? [])
    .filter(({ state }) => state === 'verified' || state === 'installed')
    .map(({ resource_name }) => ({ name: resource_name }));
  const inUse = obstacle(
    sshKey.name,
    [...(users.data ?? []), ...installed],
    'Give these servers another login and remove the key from them; then delete it.',
  );
  const isKnown = users.data !== undefined && deployments.data !== undefined;
  return (
    <PlanDialog
      isOpen
      onClose={onClose}
      title={`Delete the SSH key ${sshKey.name}`}
      plan={isKnown && !inUse ? KEY_PLAN : undefined}
      error={inUse ?? users.error ?? deployments.error ?? remove.error}
      confirmLabel="Delete"
      typeName={sshKey.name}
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onDeleted })}
    />
  );
}

export function DeleteLoginDialog({ login, onClose, onDeleted }: Closes & { login: Login }) {
  const users = useQuery({ ...usersQuery('logins', login.id), staleTime: 0 });
  const remove = useDeleteLogin(login.id);
  const inUse = obstacle(
    login.name,
    users.data ?? [],
    'Give these servers another login; then delete it.',
  );
  return (
    <PlanDialog
      isOpen
      onClose={onClose}
      title={`Delete the login ${login.name}`}
      plan={users.data && !inUse ? LOGIN_PLAN : undefined}
      error={inUse ?? users.error ?? remove.error}
      confirmLabel="Delete"
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onDeleted })}
    />
  );
}
