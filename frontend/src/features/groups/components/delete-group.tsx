import { useQuery } from '@tanstack/react-query';
import { PlanDialog, type Plan } from '@/components/plan-dialog';
import { plural } from '@/lib/format';
import { removalQuery, useDeleteGroup, type Group, type GroupRemoval } from '../api';

const listed = (words: string[]) => words.join(', ');

export function planOf(group: Group, removal: GroupRemoval): Plan {
  const { members, people, tokens, rules, routes } = removal;
  const changed = [
    people.length > 0 && `These lose their role for the group at once: ${listed(people)}.`,
    tokens.length > 0 && `These tokens reach nothing of it any more: ${listed(tokens)}.`,
    rules.length > 0 && `These alert rules name it, and look there no more: ${listed(rules)}.`,
    routes.length > 0 && `These routes of notifications name it: ${listed(routes)}.`,
  ].filter((line) => line !== false);
  return {
    steps: [
      members === 0
        ? 'The group is empty: nothing is taken out of it.'
        : `It is taken off ${plural(members, 'thing')}.`,
      `The group ${group.name} is deleted.`,
    ],
    changed: changed.length > 0 ? changed : ['Nobody has a role for it, and nothing names it.'],
    kept: ['Servers, keys and logins themselves, with all that was measured.'],
    risks:
      rules.length + routes.length > 0
        ? ['A rule or route that names only this group fits nothing. Change it before, if need be.']
        : undefined,
    wayBack: 'Make a group again, put the things into it, and give the roles anew.',
  };
}

interface DeleteGroupDialogProps {
  group: Group;
  onClose: () => void;
  onDeleted: () => void;
}

/** What goes with a group, before it goes. */
export function DeleteGroupDialog({ group, onClose, onDeleted }: DeleteGroupDialogProps) {
  const removal = useQuery(removalQuery(group.id));
  const remove = useDeleteGroup(group.id);
  return (
    <PlanDialog
      isOpen
      onClose={onClose}
      title={`Delete the group ${group.name}`}
      plan={removal.data && planOf(group, removal.data)}
      confirmLabel="Delete"
      isBusy={remove.isPending}
      error={remove.error ?? removal.error ?? undefined}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onDeleted })}
    />
  );
}
