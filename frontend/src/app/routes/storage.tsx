import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { tableSearch, tableSearchWith } from '@/lib/search';
import { shellRoute } from './shell-route';

const under = { getParentRoute: () => shellRoute };

export const storageRoutes = [
  createRoute({
    ...under,
    path: '/storage',
    component: lazyRouteComponent(
      () => import('@/features/storage/components/storage-page'),
      'StoragePage',
    ),
  }),
  createRoute({
    ...under,
    path: '/storage/upkeep',
    component: lazyRouteComponent(
      () => import('@/features/storage/components/upkeep-page'),
      'UpkeepPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/storage/devices',
    validateSearch: tableSearchWith('level', 'media', 'state'),
    component: lazyRouteComponent(
      () => import('@/features/devices/components/devices-page'),
      'DevicesPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/storage/devices/$deviceId',
    component: lazyRouteComponent(() => import('./storage-views'), 'DeviceView'),
  }),
  createRoute({
    ...under,
    path: '/storage/pools',
    validateSearch: tableSearchWith('level', 'kind'),
    component: lazyRouteComponent(
      () => import('@/features/pools/components/pools-page'),
      'PoolsPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/storage/pools/$poolId',
    component: lazyRouteComponent(() => import('./storage-views'), 'PoolView'),
  }),
  createRoute({
    ...under,
    path: '/storage/forecasts',
    validateSearch: tableSearchWith('kind', 'dated'),
    component: lazyRouteComponent(
      () => import('@/features/forecasts/components/forecasts-page'),
      'ForecastsPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/storage/forecasts/drives',
    validateSearch: tableSearch,
    component: lazyRouteComponent(
      () => import('@/features/forecasts/components/risks-page'),
      'RisksPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/storage/forecasts/$forecastId',
    component: lazyRouteComponent(() => import('./storage-views'), 'ForecastView'),
  }),
  createRoute({
    ...under,
    path: '/storage/topology',
    validateSearch: tableSearchWith('server'),
    component: lazyRouteComponent(
      () => import('@/features/topology/components/topology-page'),
      'TopologyPage',
    ),
  }),
  createRoute({
    ...under,
    path: '/storage/topology/$resourceId',
    component: lazyRouteComponent(() => import('./storage-views'), 'ThingView'),
  }),
];
