import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { shellRoute } from './shell-route';

export const addServerRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/servers/add',
  validateSearch: z.object({ server: z.catch(z.optional(z.uuid()), undefined) }),
  component: lazyRouteComponent(() => import('./add-server-view'), 'AddServerView'),
});

export const importServersRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/servers/import',
  component: lazyRouteComponent(
    () => import('@/features/bulk-import/components/bulk-import-page'),
    'BulkImportPage',
  ),
});
