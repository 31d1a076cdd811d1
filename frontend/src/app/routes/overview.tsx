import { createRoute } from '@tanstack/react-router';
import { EmptyState } from '@/components/empty-state';
import { Page } from '@/components/page';
import { shellRoute } from './shell-route';

export const overviewRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/',
  component: () => (
    <Page title="Overview">
      <EmptyState title="No servers yet">
        The overview shows what is wrong first, then every server at a glance.
      </EmptyState>
    </Page>
  ),
});
