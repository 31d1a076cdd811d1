import { createRoute } from '@tanstack/react-router';
import { OverviewPage } from '@/features/overview/components/overview-page';
import { shellRoute } from './shell-route';

export const overviewRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/',
  component: OverviewPage,
});
