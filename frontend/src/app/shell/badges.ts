// The worst state behind each word of the navigation. A domain adds its word here, from a query that
// its overview needs anyway.
import { useQuery } from '@tanstack/react-query';
import { overviewQuery } from '@/api/overview';
import { useMay } from '@/api/session';
import { alertCountsQuery } from '@/features/alerts/api';
import { stateOfAlert } from '@/features/alerts/words';
import { SERVER_STATES, SEVERITY_STATES } from '@/components/server-status';
import { worstOf, type State } from '@/lib/states';

export interface Badge {
  state: State;
  count: number;
}

type Counts = Partial<Record<keyof typeof SEVERITY_STATES, number>>;

/** The worst kind of problem, and how many of it there are. */
function badgeOfCounts(counts: Counts): Badge | undefined {
  const found = (['critical', 'warning', 'info'] as const).find((each) => counts[each]);
  if (found === undefined) return undefined;
  const state = SEVERITY_STATES[found];
  return state === 'ok' || state === 'unknown' ? undefined : { state, count: counts[found] ?? 0 };
}

/** How many are in the worst state, or nothing when all is well. */
function badgeOf(states: readonly State[]): Badge | undefined {
  const state = worstOf(states);
  if (state === 'ok' || state === 'unknown') return undefined;
  return { state, count: states.filter((each) => each === state).length };
}

export function useBadges(): Partial<Record<string, Badge>> {
  const mayRead = useMay('servers:read');
  const { data } = useQuery({ ...overviewQuery, enabled: mayRead });
  const alerts = useQuery({ ...alertCountsQuery, enabled: useMay('alerts:read') }).data ?? [];
  return {
    Overview: badgeOfCounts(data?.problem_counts ?? {}),
    Servers: badgeOf(data?.servers.map(({ status }) => SERVER_STATES[status]) ?? []),
    // What is kept quiet, or somebody has taken on, needs nobody else.
    Alerts: badgeOf(
      alerts
        .filter((one) => one.state === 'firing' && !one.is_muted)
        .flatMap((one) => Array.from({ length: one.count }, () => stateOfAlert(one))),
    ),
  };
}
