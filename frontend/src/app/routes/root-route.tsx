import { createRootRouteWithContext } from '@tanstack/react-router';
import type { QueryClient } from '@tanstack/react-query';
import { ProblemAlert } from '@/components/problem-alert';
import { NotFound } from '../shell/not-found';

export const rootRoute = createRootRouteWithContext<{ client: QueryClient }>()({
  notFoundComponent: NotFound,
  errorComponent: ({ error, reset }) => (
    <ProblemAlert what="This page could not be shown" error={error} onRetry={reset} />
  ),
});
