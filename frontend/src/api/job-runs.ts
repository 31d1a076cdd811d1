// Long work is answered with a run; here it is followed to its end.
import * as z from 'zod/mini';
import { api, dataOf } from './client';
import { ApiProblem } from './problem';
import type { components } from './schema';

type Schemas = components['schemas'];
type JobRun = Schemas['JobRunRead'];

const FIRST_LOOK_MS = 250;
const SLOWEST_LOOK_MS = 1500;

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const END_WORDS: Partial<Record<JobRun['state'], string>> = {
  cancelled: 'Somebody cancelled it.',
  lost: 'The process that worked on it ended before it was done.',
};

/** Waits for the end of a run and returns its result; a run that failed throws its ApiProblem. */
export async function runToEnd<T>(
  start: Promise<Schemas['RunAccepted']>,
  result: z.ZodMiniType<T>,
): Promise<T> {
  const { run_id } = await start;
  for (let wait = FIRST_LOOK_MS; ; wait = Math.min(wait * 1.5, SLOWEST_LOOK_MS)) {
    await pause(wait);
    const run = await dataOf(
      api.GET('/api/job-runs/{run_id}', { params: { path: { run_id } }, cache: 'no-store' }),
    );
    if (run.state === 'queued' || run.state === 'running') continue;
    if (run.state === 'succeeded') return z.parse(result, run.result);
    throw new ApiProblem(0, {
      type: 'run-failed',
      title: 'It was not done',
      detail: run.error || END_WORDS[run.state] || 'The run did not say why.',
    });
  }
}
