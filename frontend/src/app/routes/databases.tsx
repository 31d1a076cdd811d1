import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { tableSearchWith } from '@/lib/search';
import { shellRoute } from './shell-route';

const under = { getParentRoute: () => shellRoute };

export const databaseRoutes = [
  createRoute({
    ...under,
    path: '/databases',
    validateSearch: tableSearchWith('state', 'kind'),
    component: lazyRouteComponent(
      () => import('@/features/databases/components/databases-page'),
      'DatabasesPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/databases/$databaseId',
    component: lazyRouteComponent(() => import('./database-view'), 'DatabaseView'),
  }),
];
