import { Button, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSession } from '@/api/session';
import { FactList } from '@/components/fact-list';
import { Page, Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { RelativeTime } from '@/components/relative-time';
import { ownSessionsQuery, tokensQuery, useEndOtherSessions, useEndOwnSession } from '../api';
import { LinksSection } from './links-section';
import { MakeTokenDialog } from './make-token-dialog';
import { PasswordForm } from './password-form';
import { ProfileForm } from './profile-form';
import { SecondFactorSection } from './second-factor-section';
import { SessionList } from './session-list';
import { TokenList } from './token-list';

function Sessions() {
  const query = useQuery(ownSessionsQuery);
  const end = useEndOwnSession();
  const endOthers = useEndOtherSessions();
  const hasOthers = query.data?.some((session) => !session.is_current) ?? false;
  const error = end.error ?? endOthers.error;
  return (
    <Section
      title="Where you are logged in"
      actions={
        hasOthers && (
          <Button
            size="xs"
            variant="default"
            onClick={() => endOthers.mutate(undefined)}
            loading={endOthers.isPending}
          >
            End all others
          </Button>
        )
      }
    >
      {error && <ProblemAlert what="The session was not ended" error={error} />}
      <SessionList
        query={query}
        onEnd={(id) => end.mutate(id)}
        ending={end.isPending ? end.variables : undefined}
      />
    </Section>
  );
}

function Tokens() {
  const [isMaking, setIsMaking] = useState(false);
  const make = (
    <Button size="xs" variant="default" onClick={() => setIsMaking(true)}>
      Make a token
    </Button>
  );
  return (
    <Section title="Your tokens" actions={make}>
      <TokenList query={useQuery(tokensQuery(false))} />
      <MakeTokenDialog isOpen={isMaking} onClose={() => setIsMaking(false)} />
    </Section>
  );
}

export function ProfilePage() {
  const { user } = useSession();
  return (
    <Page title="You and your security" subtitle={user?.full_name}>
      <Stack gap="md">
        {user && (
          <Section title="Account">
            <Stack gap="md">
              <FactList
                facts={[
                  ['Login', user.name],
                  ['Role', user.role],
                  [
                    'Password set',
                    user.has_password ? (
                      <RelativeTime key="set" at={user.password_changed_at} />
                    ) : (
                      'none: you come by a provider'
                    ),
                  ],
                ]}
              />
              <ProfileForm fullName={user.full_name} />
            </Stack>
          </Section>
        )}
        {(user?.has_password ?? true) && (
          <Section title="Password">
            <PasswordForm />
          </Section>
        )}
        <SecondFactorSection />
        <LinksSection />
        <Sessions />
        <Tokens />
      </Stack>
    </Page>
  );
}
