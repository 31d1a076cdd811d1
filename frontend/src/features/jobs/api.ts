import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { TableState } from '@/lib/search';
import { isOpen, RUN_STATES, type RunState } from './run-states';

type Schemas = components['schemas'];
export type Job = Schemas['JobRead'];
export type JobRun = Schemas['JobRunRead'];

const ALL = { params: { query: { per_page: 1000 } } } as const;
export const RUNS_PER_PAGE = 50;
// Quiet jobs tell no event when they fire, so their next time is asked for.
const CLOCK_MS = 10_000;
const OPEN_RUN_MS = 2_000;

const at = (name: string) => ({ params: { path: { name } } });
const atRun = (run_id: string) => ({ params: { path: { run_id } } });

export const jobsQuery = queryOptions({
  queryKey: ['jobs', 'schedules'],
  queryFn: async () => (await dataOf(api.GET('/api/jobs', ALL))).items,
  refetchInterval: CLOCK_MS,
});

export const jobQuery = (name: string) =>
  queryOptions({
    queryKey: ['jobs', 'schedule', name],
    queryFn: () => dataOf(api.GET('/api/jobs/{name}', at(name))),
    refetchInterval: CLOCK_MS,
  });

function stateOf(text: unknown): RunState | undefined {
  return RUN_STATES.find((state) => state === text);
}

/** A page of runs as the address asks for it. */
export const runsQuery = (search: TableState, perPage = RUNS_PER_PAGE) => {
  const query = {
    page: search.page ?? 1,
    per_page: perPage,
    sort: search.sort ?? '',
    q: search.q ?? '',
    name: String(search.name ?? ''),
    state: stateOf(search.state),
  };
  return queryOptions({
    queryKey: ['jobs', 'runs', query],
    queryFn: () => dataOf(api.GET('/api/job-runs', { params: { query } })),
    placeholderData: keepPreviousData,
  });
};

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ['jobs', 'run', id],
    queryFn: () => dataOf(api.GET('/api/job-runs/{run_id}', atRun(id))),
    refetchInterval: ({ state }) => (state.data && isOpen(state.data.state) ? OPEN_RUN_MS : false),
  });

function useJobsMutation<Input, Output>(mutationFn: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn,
    // Not waited for: the page of the run opens at once.
    onSuccess: () => void client.invalidateQueries({ queryKey: ['jobs'] }),
  });
}

export const useRunNow = () =>
  useJobsMutation((name: string) => dataOf(api.POST('/api/jobs/{name}/run', at(name))));

export const usePauseOrResume = () =>
  useJobsMutation((job: Job) =>
    dataOf(
      job.is_paused
        ? api.POST('/api/jobs/{name}/resume', at(job.name))
        : api.POST('/api/jobs/{name}/pause', at(job.name)),
    ),
  );

export const useChangeSchedule = (name: string) =>
  useJobsMutation((trigger: string | null) =>
    dataOf(api.PATCH('/api/jobs/{name}', { ...at(name), body: { trigger } })),
  );

export const useCancelRun = (id: string) =>
  useJobsMutation(() => dataOf(api.POST('/api/job-runs/{run_id}/cancel', atRun(id))));
