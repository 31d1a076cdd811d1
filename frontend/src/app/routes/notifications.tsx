import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { tableSearchWith } from '@/lib/search';
import { shellRoute } from './shell-route';

export const notificationsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/alerts/notifications',
  validateSearch: tableSearchWith('tab', 'state', 'channel', 'delivery'),
  component: lazyRouteComponent(() => import('./notifications-view'), 'NotificationsView'),
});
