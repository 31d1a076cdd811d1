import type { QueryClient } from '@tanstack/react-query';
import { createRouter } from '@tanstack/react-router';
import { basePath } from '@/api/base';
import { addServerRoute, importServersRoute } from './routes/add-server';
import { alertsRoutes } from './routes/alerts';
import { assistantRoutes } from './routes/assistant';
import { credentialsRoutes } from './routes/credentials';
import { databaseRoutes } from './routes/databases';
import { callbackRoute, loginRoute, setupRoute } from './routes/door-routes';
import { overviewRoute } from './routes/overview';
import { notificationsRoute } from './routes/notifications';
import { reportRoutes } from './routes/reports';
import { rootRoute } from './routes/root-route';
import { serverRoute, serversRoute } from './routes/servers';
import { shellRoute } from './routes/shell-route';
import { exploreRoutes } from './routes/explore';
import { storageRoutes } from './routes/storage';
import { systemRoutes } from './routes/system';

const routeTree = rootRoute.addChildren([
  loginRoute,
  callbackRoute,
  setupRoute,
  shellRoute.addChildren([
    overviewRoute,
    serversRoute,
    serverRoute,
    addServerRoute,
    importServersRoute,
    ...exploreRoutes,
    ...storageRoutes,
    ...databaseRoutes,
    ...credentialsRoutes,
    ...alertsRoutes,
    ...assistantRoutes,
    ...systemRoutes,
    notificationsRoute,
    ...reportRoutes,
  ]),
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
