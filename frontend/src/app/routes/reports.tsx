import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { tableSearch } from '@/lib/search';
import { shellRoute } from './shell-route';

const under = { getParentRoute: () => shellRoute };
const text = z.catch(z.optional(z.string()), undefined);

export const reportRoutes = [
  createRoute({
    ...under,
    path: '/alerts/reports',
    validateSearch: tableSearch,
    component: lazyRouteComponent(
      () => import('@/features/reports/components/reports-page'),
      'ReportsPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/alerts/reports/preview',
    validateSearch: z.object({ group: text, name: text }),
    component: lazyRouteComponent(() => import('./report-views'), 'PreviewView'),
  }),
  createRoute({
    ...under,
    path: '/alerts/reports/$issueId',
    component: lazyRouteComponent(() => import('./report-views'), 'IssueView'),
  }),
];
