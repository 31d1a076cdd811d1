import { createRoute } from '@tanstack/react-router';
import { Shell } from '../shell/shell';
import { rootRoute } from './root-route';

/** Everything that needs a signed-in person lies under this route. */
export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  component: Shell,
});
