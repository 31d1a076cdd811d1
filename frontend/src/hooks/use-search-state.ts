import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

/**
 * The current route's search parameters and a setter that merges. Empty values leave the URL.
 * Typing replaces the history entry, so that Back leaves the page and not one letter.
 */
export function useSearchState<T extends object>(): [T, (change: Partial<T>) => void] {
  const search: unknown = useSearch({ strict: false });
  const navigate = useNavigate();
  const change = useCallback(
    (part: Partial<T>) => {
      void navigate({
        to: '.',
        replace: true,
        resetScroll: false,
        search: (old: object) =>
          Object.fromEntries(
            Object.entries({ ...old, ...part }).filter(
              ([, value]) => value !== undefined && value !== '',
            ),
          ),
      });
    },
    [navigate],
  );
  return [search as T, change];
}
