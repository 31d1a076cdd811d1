import type { QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import { basePath } from '@/api/base';
import { loginRoute, setupRoute } from './routes/door-routes';
import { overviewRoute } from './routes/overview';
import { rootRoute } from './routes/root-route';
import { shellRoute } from './routes/shell-route';

const routeTree = rootRoute.addChildren([
  loginRoute,
  setupRoute,
  shellRoute.addChildren([overviewRoute]),
]);

export function createAppRouter(client: QueryClient) {
  return createRouter({
    routeTree,
    context: { client },
    basepath: basePath || '/',
    defaultPreload: 'intent',
    // TanStack Query decides how long data is fresh.
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
