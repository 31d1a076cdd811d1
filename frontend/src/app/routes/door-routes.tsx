import { createRoute, redirect, useNavigate, useSearch } from '@tanstack/react-router';
import { Box } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { sessionQuery } from '@/api/session';
import { CallbackPage } from '@/features/session/components/callback-page';
import { LoginPage } from '@/features/session/components/login-page';
import { SetupPage } from '@/features/session/components/setup-page';
import { PlainHttpBanner } from '../shell/plain-http-banner';
import { rootRoute } from './root-route';

function Warned({ children }: { children: React.ReactNode }) {
  return (
    <>
      <Box maw={440} mx="auto" pt="md" px="md">
        <PlainHttpBanner />
      </Box>
      {children}
    </>
  );
}

function Login() {
  const navigate = useNavigate();
  const { next } = useSearch({ from: '/login' });
  return (
    <Warned>
      <LoginPage onEntered={() => void navigate({ href: next ?? '/' })} />
    </Warned>
  );
}

// As the provider wrote it: the router reads a code of digits as a number, and rounds it.
const ARRIVED = new URLSearchParams(window.location.search);
const arrived = (name: string) => ARRIVED.get(name) ?? '';
const ANSWER = {
  state: arrived('state'),
  code: arrived('code'),
  error: arrived('error'),
  error_description: arrived('error_description'),
  iss: arrived('iss'),
};

function Callback() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const done = (purpose: string) => {
    if (purpose !== 'login') return void navigate({ to: '/profile', replace: true });
    const isIn = client.getQueryData(sessionQuery.queryKey)?.user != null;
    void navigate({ to: isIn ? '/' : '/login', replace: true });
  };
  return (
    <Warned>
      <CallbackPage
        answer={ANSWER}
        onDone={done}
        onBack={() => void navigate({ to: '/login', replace: true })}
      />
    </Warned>
  );
}

function Setup() {
  const navigate = useNavigate();
  return (
    <Warned>
      <SetupPage
        onEntered={() => void navigate({ to: '/' })}
        onHalfway={() => void navigate({ to: '/login' })}
      />
    </Warned>
  );
}

/** A path of ours and never another site: "//evil" and "https://…" are refused. */
const ownPath = z.catch(z.optional(z.string().check(z.regex(/^\/(?![/\\])/))), undefined);

export const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/login',
  validateSearch: z.object({ next: ownPath }),
  beforeLoad: async ({ context, search }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (session.is_setup_needed) throw redirect({ to: '/setup' });
    if (session.user) throw redirect({ href: search.next ?? '/' });
  },
  component: Login,
});

export const callbackRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/login/callback',
  beforeLoad: async ({ context }) => {
    await context.client.ensureQueryData(sessionQuery);
  },
  component: Callback,
});

export const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/setup',
  beforeLoad: async ({ context }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (!session.is_setup_needed) throw redirect({ to: '/' });
  },
  component: Setup,
});
