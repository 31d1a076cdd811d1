import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { tableSearchWith } from '@/lib/search';
import { shellRoute } from './shell-route';

const under = { getParentRoute: () => shellRoute };

export const alertsRoutes = [
  createRoute({
    ...under,
    path: '/alerts',
    validateSearch: tableSearchWith('state', 'severity', 'domain', 'tag', 'quiet'),
    component: lazyRouteComponent(
      () => import('@/features/alerts/components/inbox-page'),
      'InboxPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/alerts/rules',
    validateSearch: tableSearchWith('status', 'severity'),
    component: lazyRouteComponent(
      () => import('@/features/alerts/components/rules-page'),
      'RulesPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/alerts/rules/$ruleId',
    component: lazyRouteComponent(() => import('./alerts-views'), 'RuleView'),
  }),
  createRoute({
    ...under,
    path: '/alerts/silences',
    component: lazyRouteComponent(
      () => import('@/features/alerts/components/silences-page'),
      'SilencesPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/alerts/$alertId',
    component: lazyRouteComponent(() => import('./alerts-views'), 'AlertView'),
  }),
] as const;
