import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { tableSearch } from '@/lib/search';
import { shellRoute } from './shell-route';

const credentialsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/credentials',
  beforeLoad: () => {
    throw redirect({ to: '/credentials/ssh-keys' });
  },
});

const keysRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/credentials/ssh-keys',
  validateSearch: tableSearch,
  component: lazyRouteComponent(
    () => import('@/features/credentials/components/keys-page'),
    'KeysPage',
  ),
});

const keyRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/credentials/ssh-keys/$keyId',
  component: lazyRouteComponent(() => import('./credentials-views'), 'KeyView'),
});

const loginsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/credentials/logins',
  validateSearch: tableSearch,
  component: lazyRouteComponent(
    () => import('@/features/credentials/components/logins-page'),
    'LoginsPage',
  ),
});

const loginRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/credentials/logins/$loginId',
  component: lazyRouteComponent(() => import('./credentials-views'), 'LoginView'),
});

export const credentialsRoutes = [
  credentialsRoute,
  keysRoute,
  keyRoute,
  loginsRoute,
  loginRoute,
] as const;
