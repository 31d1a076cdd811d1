import { createRoute, redirect, useNavigate, useSearch } from '@tanstack/react-router';
import { Box } from '@mantine/core';
import * as z from 'zod/mini';
import { sessionQuery } from '@/api/session';
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

function Setup() {
  const navigate = useNavigate();
  return (
    <Warned>
      <SetupPage onEntered={() => void navigate({ to: '/' })} />
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

export const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/setup',
  beforeLoad: async ({ context }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (!session.is_setup_needed) throw redirect({ to: '/' });
  },
  component: Setup,
});
