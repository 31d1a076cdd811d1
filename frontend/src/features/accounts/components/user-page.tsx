import { Button, Group, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Fragment, useState } from 'react';
import { useMay, useSession } from '@/api/session';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import {
  useChangeUser,
  useEndUserSession,
  useEndUserSessions,
  useResetSecondFactor,
  userQuery,
  userSessionsQuery,
  userTokensQuery,
  type User,
} from '../api';
import { stateOf } from '../roles';
import { DeleteUserDialog } from './delete-user-dialog';
import { GrantsSection } from './grants-section';
import { EditUserDialog } from './edit-user-dialog';
import { ResetPasswordDialog } from './reset-password-dialog';
import { SessionList } from './session-list';
import { TokenList } from './token-list';

type DialogName = 'edit' | 'password' | 'factor' | 'disable' | 'delete';

function Facts({ user }: { user: User }) {
  return (
    <FactList
      facts={[
        ['Full name', user.full_name || '–'],
        ['Role', user.role],
        ['Added', <RelativeTime key="added" at={user.created_at} />],
        [
          'Password',
          user.has_password ? (
            <Fragment key="password">
              set <RelativeTime at={user.password_changed_at} />
            </Fragment>
          ) : (
            'none: comes by a provider or with tokens'
          ),
        ],
        ['Second factor', user.has_second_factor ? 'set up' : 'none'],
        ['Last login', <RelativeTime key="login" at={user.last_login_at} never="never" />],
      ]}
    />
  );
}

function DisableDialog(props: { user: User; isOpen: boolean; onClose: () => void }) {
  const { user, isOpen, onClose } = props;
  const change = useChangeUser(user.id);
  const verb = user.is_disabled ? 'Enable' : 'Disable';
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={`${verb} the user ${user.name}?`}
      confirmLabel={verb}
      isBusy={change.isPending}
      error={change.error}
      onConfirm={() => change.mutate({ is_disabled: !user.is_disabled }, { onSuccess: onClose })}
    >
      {user.is_disabled
        ? `${user.name} can log in again, and their tokens work again.`
        : `${user.name} is logged out at once, and their tokens are refused. Enabling brings both back.`}
    </ConfirmDialog>
  );
}

function ResetFactorDialog(props: { user: User; isOpen: boolean; onClose: () => void }) {
  const { user, isOpen, onClose } = props;
  const reset = useResetSecondFactor(user.id);
  return (
    <ConfirmDialog
      isOpen={isOpen}
      onClose={onClose}
      title={`Reset the second factor of ${user.name}?`}
      confirmLabel="Reset it"
      isBusy={reset.isPending}
      error={reset.error}
      isDangerous
      onConfirm={() => reset.mutate(undefined, { onSuccess: onClose })}
    >
      For a lost telephone. {user.name} is logged out everywhere and logs in with the password
      alone, or sets up a new one where the settings demand it. Make sure that it is {user.name} who
      asks.
    </ConfirmDialog>
  );
}

interface ManageProps {
  user: User;
  onDeleted: () => void;
}

function Manage({ user, onDeleted }: ManageProps) {
  const [dialog, setDialog] = useState<DialogName | null>(null);
  const isOneself = useSession().user?.id === user.id;
  const close = () => setDialog(null);
  const shared = { user, onClose: close };
  return (
    <Group gap="xs">
      <Button variant="default" onClick={() => setDialog('edit')}>
        Edit
      </Button>
      {!isOneself && (
        <>
          <Button variant="default" onClick={() => setDialog('password')}>
            Reset the password
          </Button>
          {user.has_second_factor && (
            <Button variant="default" onClick={() => setDialog('factor')}>
              Reset the second factor
            </Button>
          )}
          <Button variant="default" onClick={() => setDialog('disable')}>
            {user.is_disabled ? 'Enable' : 'Disable'}
          </Button>
          <Button variant="default" onClick={() => setDialog('delete')}>
            Delete
          </Button>
        </>
      )}
      <EditUserDialog {...shared} isOpen={dialog === 'edit'} />
      <ResetPasswordDialog {...shared} isOpen={dialog === 'password'} />
      <ResetFactorDialog {...shared} isOpen={dialog === 'factor'} />
      <DisableDialog {...shared} isOpen={dialog === 'disable'} />
      <DeleteUserDialog {...shared} isOpen={dialog === 'delete'} onDeleted={onDeleted} />
    </Group>
  );
}

function Sessions({ id }: { id: string }) {
  const query = useQuery(userSessionsQuery(id));
  const end = useEndUserSession(id);
  const endAll = useEndUserSessions(id);
  const error = end.error ?? endAll.error;
  const all = query.data?.some((session) => !session.is_current) && (
    <Button
      size="xs"
      variant="default"
      onClick={() => endAll.mutate(undefined)}
      loading={endAll.isPending}
    >
      End all sessions
    </Button>
  );
  return (
    <Section title="Sessions" actions={all}>
      {error && <ProblemAlert what="The sessions were not ended" error={error} />}
      <SessionList
        query={query}
        onEnd={(session) => end.mutate(session)}
        ending={end.isPending ? end.variables : undefined}
      />
    </Section>
  );
}

function Tokens({ id }: { id: string }) {
  return (
    <Section title="Tokens">
      <TokenList query={useQuery(userTokensQuery(id))} />
    </Section>
  );
}

export function UserPage({ id, onDeleted }: { id: string; onDeleted: () => void }) {
  const user = useQuery(userQuery(id));
  const mayManage = useMay('users:manage');
  const maySeeTokens = useMay('tokens:manage');
  const status = user.data && stateOf(user.data);
  return (
    <Page
      title={user.data?.name ?? 'User'}
      crumbs={[
        { label: 'System', link: { to: '/system' } },
        { label: 'Users', link: { to: '/system/users' } },
      ]}
      status={status && <StatusBadge state={status.state}>{status.word}</StatusBadge>}
      actions={user.data && mayManage && <Manage user={user.data} onDeleted={onDeleted} />}
    >
      <Faces
        query={user}
        what="The user could not be read"
        skeleton={<CardSkeleton height={140} />}
      >
        {(data) => (
          <Stack gap="md">
            <Section title="Account">
              <Facts user={data} />
            </Section>
            <GrantsSection userId={id} mayManage={mayManage} />
            {mayManage && <Sessions id={id} />}
            {maySeeTokens && <Tokens id={id} />}
          </Stack>
        )}
      </Faces>
    </Page>
  );
}
