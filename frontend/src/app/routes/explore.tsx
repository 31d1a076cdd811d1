import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { tableSearch, timeRangeSearch } from '@/lib/search';
import { shellRoute } from './shell-route';

const under = { getParentRoute: () => shellRoute };
const text = z.catch(z.optional(z.string()), undefined);

export const exploreRoutes = [
  createRoute({
    ...under,
    path: '/explore',
    validateSearch: z.extend(timeRangeSearch, { metric: text, on: text, before: text }),
    component: lazyRouteComponent(
      () => import('@/features/explore/components/explore-page'),
      'ExplorePage',
    ),
  }),
  createRoute({
    ...under,
    path: '/servers/inventory',
    validateSearch: tableSearch,
    component: lazyRouteComponent(
      () => import('@/features/inventory/components/inventory-page'),
      'InventoryPage',
    ),
  }),
];
