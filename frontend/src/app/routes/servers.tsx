import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { tableSearchWith, timeRangeSearch } from '@/lib/search';
import { shellRoute } from './shell-route';

const TABS = ['health', 'facts', 'runs', 'access', 'activity', 'settings'] as const;

export const serversRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/servers',
  validateSearch: tableSearchWith('status', 'tag', 'group'),
  component: lazyRouteComponent(
    () => import('@/features/servers/components/servers-page'),
    'ServersPage',
  ),
});

export const serverRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/servers/$serverId',
  // The runs are a table, so its words stand beside those of the charts.
  validateSearch: z.extend(tableSearchWith('rate'), {
    ...timeRangeSearch.shape,
    tab: z.catch(z.optional(z.enum(TABS)), undefined),
  }),
  component: lazyRouteComponent(() => import('./server-view'), 'ServerView'),
});
