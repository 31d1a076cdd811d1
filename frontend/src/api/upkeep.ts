// Self-tests and scrubs: what is planned, what was started, and how it ended.
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { State } from '@/lib/states';
import { api, dataOf } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type UpkeepAction = Schemas['ActionRead'];
export type UpkeepPlan = Schemas['PlanRead'];

const REFRESH_MS = 30_000;

export const ACTION_WORDS: Record<UpkeepAction['kind'], string> = {
  short: 'Short self-test',
  long: 'Long self-test',
  abort: 'End of a self-test',
  scrub: 'Scrub',
  pause: 'Pause of a scrub',
  stop: 'Stop of a scrub',
};

/** Only what came to its end with errors says something bad of the thing itself. */
export const ACTION_STATES: Record<UpkeepAction['state'], State> = {
  running: 'ok',
  passed: 'ok',
  done: 'ok',
  failed: 'critical',
  refused: 'warning',
  aborted: 'unknown',
  unknown: 'unknown',
};

export const actionsQuery = (resourceId?: string, page = 1, perPage = 10) =>
  queryOptions({
    queryKey: ['upkeep', 'actions', resourceId ?? '', page, perPage],
    queryFn: () =>
      dataOf(
        api.GET('/api/infrastructure/upkeep/actions', {
          params: {
            query: {
              page,
              per_page: perPage,
              ...(resourceId === undefined ? {} : { resource_id: resourceId }),
            },
          },
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });

export const plansQuery = (q = '') =>
  queryOptions({
    queryKey: ['upkeep', 'plans', q],
    queryFn: () =>
      dataOf(
        api.GET('/api/infrastructure/upkeep/plans', { params: { query: { per_page: 500, q } } }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
