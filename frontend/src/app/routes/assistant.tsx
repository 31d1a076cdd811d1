import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { tableSearch, tableSearchWith } from '@/lib/search';
import { shellRoute } from './shell-route';

const under = { getParentRoute: () => shellRoute };

export const assistantRoutes = [
  createRoute({
    ...under,
    path: '/ask',
    validateSearch: tableSearch,
    component: lazyRouteComponent(() => import('./assistant-views'), 'AskView'),
  }),
  createRoute({
    ...under,
    path: '/system/assistant',
    validateSearch: tableSearchWith('feature', 'state'),
    component: lazyRouteComponent(
      () => import('@/features/assistant/components/assistant-page'),
      'AssistantPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/system/assistant/$exchangeId',
    component: lazyRouteComponent(() => import('./assistant-views'), 'ExchangeView'),
  }),
] as const;
