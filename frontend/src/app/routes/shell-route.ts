import { createRoute, redirect } from '@tanstack/react-router';
import { sessionQuery } from '@/api/session';
import { Shell } from '../shell/shell';
import { rootRoute } from './root-route';

/** Everything that needs a signed-in person lies under this route. */
export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  beforeLoad: async ({ context, location }) => {
    const session = await context.client.ensureQueryData(sessionQuery);
    if (session.is_setup_needed) throw redirect({ to: '/setup' });
    if (!session.user) throw redirect({ to: '/login', search: { next: location.href } });
  },
  component: Shell,
});
