import { Button, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { loginQuery } from '../api';
import classes from './credentials.module.css';
import { DeleteLoginDialog } from './delete-dialog';
import { EditLoginDialog } from './login-dialogs';
import { UsedBy } from './used-by';

interface LoginPageProps {
  loginId: string;
  onDeleted: () => void;
}

export function LoginPage({ loginId, onDeleted }: LoginPageProps) {
  const query = useQuery(loginQuery(loginId));
  const [open, setOpen] = useState<'edit' | 'delete' | null>(null);
  const mayChange = useMay('credentials:manage');
  const close = () => setOpen(null);
  return (
    <Page
      title={query.data?.name ?? 'Login'}
      crumbs={[{ label: 'Logins', link: { to: '/credentials/logins' } }]}
      actions={
        query.data &&
        mayChange && (
          <>
            <Button variant="default" onClick={() => setOpen('edit')}>
              Edit
            </Button>
            <Button variant="default" onClick={() => setOpen('delete')}>
              Delete
            </Button>
          </>
        )
      }
    >
      <Faces
        query={query}
        what="The login could not be read"
        skeleton={<CardSkeleton height={160} />}
      >
        {(login) => (
          <Stack gap="md">
            <Section title="Login">
              <dl className={classes.pairs}>
                <dt>User name</dt>
                <dd>{login.username}</dd>
                <dt>Password</dt>
                <dd>
                  Stored encrypted, never shown
                  {login.version > 1 && <>; replaced {times(login.version - 1)}</>}.
                </dd>
                <dt>Last changed</dt>
                <dd>
                  <RelativeTime at={login.updated_at} />
                </dd>
              </dl>
            </Section>
            <UsedBy noun="logins" id={login.id} />
            {open === 'edit' && <EditLoginDialog login={login} onClose={close} />}
            {open === 'delete' && (
              <DeleteLoginDialog login={login} onClose={close} onDeleted={onDeleted} />
            )}
          </Stack>
        )}
      </Faces>
    </Page>
  );
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
