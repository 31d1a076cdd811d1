import { useState } from 'react';
import { toProblem, type ApiProblem } from '@/api/problem';
import type { Check } from '@/components/checks';

export interface Step {
  name: string;
  label: string;
  /** Does it and says what came of it; what it throws is shown with its fix. */
  act: () => Promise<string>;
}

/** Carries steps out one after the other and shows each of them working; the first failure ends it. */
export function useCheckRun() {
  const [checks, setChecks] = useState<Check[]>([]);
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<ApiProblem | null>(null);

  async function run(steps: readonly Step[]): Promise<boolean> {
    let now: Check[] = steps.map(({ name, label }) => ({ name, label, state: 'waiting' }));
    const show = (name: string, change: Partial<Check>) => {
      now = now.map((check) => (check.name === name ? { ...check, ...change } : check));
      setChecks(now);
    };
    setIsBusy(true);
    setFailure(null);
    try {
      for (const { name, act } of steps) {
        show(name, { state: 'running' });
        try {
          show(name, { state: 'ok', message: await act() });
        } catch (error) {
          const problem = toProblem(error);
          const { title, detail, fix } = problem;
          show(name, { state: 'failed', message: detail ?? title, ...(fix ? { fix } : {}) });
          setFailure(problem);
          return false;
        }
      }
      return true;
    } finally {
      setIsBusy(false);
    }
  }
  return { checks, isBusy, failure, run };
}
