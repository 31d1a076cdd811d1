import { useQuery } from '@tanstack/react-query';
import { PlanDialog, type Plan } from '@/components/plan-dialog';
import { plural } from '@/lib/format';
import {
  useDeleteUser,
  userSessionsQuery,
  userTokensQuery,
  type Session,
  type Token,
  type User,
} from '../api';

interface DeleteUserDialogProps {
  user: User;
  isOpen: boolean;
  onClose: () => void;
  onDeleted: () => void;
}

function planFor(user: User, sessions: Session[], tokens: Token[]): Plan {
  const names = tokens.map((token) => token.name).join(', ');
  return {
    steps: [
      sessions.length === 0
        ? `${user.name} is logged in nowhere.`
        : `${user.name} is logged out at once: ${plural(sessions.length, 'session')}.`,
      tokens.length === 0
        ? 'There are no tokens to revoke.'
        : `Programs with these tokens are refused: ${names}.`,
      'The account is deleted.',
    ],
    kept: ['The audit log keeps what they did, under their name.'],
    wayBack: 'None. To shut the account for a while, disable it instead.',
  };
}

/** What goes with a user, before they go. */
export function DeleteUserDialog({ user, isOpen, onClose, onDeleted }: DeleteUserDialogProps) {
  const sessions = useQuery({ ...userSessionsQuery(user.id), enabled: isOpen });
  const tokens = useQuery({ ...userTokensQuery(user.id), enabled: isOpen });
  const remove = useDeleteUser(user.id);
  const plan = sessions.data && tokens.data ? planFor(user, sessions.data, tokens.data) : undefined;
  return (
    <PlanDialog
      isOpen={isOpen}
      onClose={onClose}
      title={`Delete the user ${user.name}`}
      plan={plan}
      confirmLabel="Delete"
      typeName={user.name}
      isBusy={remove.isPending}
      error={remove.error ?? sessions.error ?? tokens.error ?? undefined}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onDeleted })}
    />
  );
}
