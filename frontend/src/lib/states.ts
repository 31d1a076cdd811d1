// The four states everything is judged by, worst last.
export const STATES = ['ok', 'unknown', 'warning', 'critical'] as const;
export type State = (typeof STATES)[number];

export function worstOf(states: Iterable<State>): State {
  let worst: State = 'ok';
  for (const state of states) if (STATES.indexOf(state) > STATES.indexOf(worst)) worst = state;
  return worst;
}
