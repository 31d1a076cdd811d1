import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { tableSearch, tableSearchWith } from '@/lib/search';
import { shellRoute } from './shell-route';

const under = { getParentRoute: () => shellRoute };

export const systemRoutes = [
  createRoute({
    ...under,
    path: '/system',
    component: lazyRouteComponent(() => import('./system-view'), 'SystemView'),
  }),
  createRoute({
    ...under,
    path: '/activity',
    validateSearch: tableSearchWith('kind', 'actor', 'span'),
    component: lazyRouteComponent(
      () => import('@/features/activity/components/activity-page'),
      'ActivityPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/system/jobs',
    validateSearch: tableSearchWith('status'),
    component: lazyRouteComponent(() => import('@/features/jobs/components/jobs-page'), 'JobsPage'),
  }),
  createRoute({
    ...under,
    path: '/system/jobs/$name',
    validateSearch: tableSearchWith('state'),
    component: lazyRouteComponent(() => import('./system-object-views'), 'JobView'),
  }),
  createRoute({
    ...under,
    path: '/system/runs',
    validateSearch: tableSearchWith('state', 'name'),
    component: lazyRouteComponent(() => import('@/features/jobs/components/runs-page'), 'RunsPage'),
  }),
  createRoute({
    ...under,
    path: '/system/runs/$runId',
    component: lazyRouteComponent(() => import('./system-object-views'), 'RunView'),
  }),
  createRoute({
    ...under,
    path: '/system/audit',
    validateSearch: tableSearchWith('action', 'actor', 'result', 'span', 'entry'),
    component: lazyRouteComponent(
      () => import('@/features/audit/components/audit-page'),
      'AuditPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/system/users',
    validateSearch: tableSearchWith('role', 'status'),
    component: lazyRouteComponent(
      () => import('@/features/accounts/components/users-page'),
      'UsersPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/system/users/$userId',
    component: lazyRouteComponent(() => import('./system-object-views'), 'UserView'),
  }),
  createRoute({
    ...under,
    path: '/system/groups',
    validateSearch: tableSearch,
    component: lazyRouteComponent(() => import('./group-views'), 'GroupsView'),
  }),
  createRoute({
    ...under,
    path: '/system/groups/$groupId',
    component: lazyRouteComponent(() => import('./group-views'), 'GroupView'),
  }),
  createRoute({
    ...under,
    path: '/system/sign-on',
    component: lazyRouteComponent(() => import('./sign-on-views'), 'ProvidersView'),
  }),
  createRoute({
    ...under,
    path: '/system/sign-on/$providerId',
    component: lazyRouteComponent(() => import('./sign-on-views'), 'ProviderView'),
  }),
  createRoute({
    ...under,
    path: '/system/tokens',
    validateSearch: tableSearchWith('whose'),
    component: lazyRouteComponent(
      () => import('@/features/accounts/components/tokens-page'),
      'TokensPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/system/plugins',
    validateSearch: tableSearchWith('plugin', 'state'),
    component: lazyRouteComponent(
      () => import('@/features/plugins/components/plugins-page'),
      'PluginsPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/system/plugins/gallery/$name',
    component: lazyRouteComponent(() => import('./plugin-views'), 'PluginView'),
  }),
  createRoute({
    ...under,
    path: '/system/plugins/$instanceId',
    component: lazyRouteComponent(() => import('./plugin-views'), 'InstanceView'),
  }),
  createRoute({
    ...under,
    path: '/system/backup',
    component: lazyRouteComponent(
      () => import('@/features/backup/components/backup-page'),
      'BackupPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/system/settings',
    component: lazyRouteComponent(
      () => import('@/features/settings/components/settings-page'),
      'SettingsPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/profile',
    component: lazyRouteComponent(
      () => import('@/features/accounts/components/profile-page'),
      'ProfilePage',
    ),
  }),
] as const;
