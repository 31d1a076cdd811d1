// The worst state behind each word of the navigation. A domain adds its word here, from a query that
// its overview needs anyway.
import type { State } from '@/lib/states';

export interface Badge {
  state: State;
  count: number;
}

export function useBadges(): Partial<Record<string, Badge>> {
  return {};
}
