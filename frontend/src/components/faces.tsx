import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Loading } from './loading';
import { ProblemAlert } from './problem-alert';

interface FacesProps<T> {
  query: UseQueryResult<T>;
  /** In the final shape. */
  skeleton: ReactNode;
  /** What failed, when it fails: "The servers could not be read". */
  what: string;
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  children: (data: T) => ReactNode;
}

/**
 * The faces of anything that is asked from the server: loading, problem, empty, data. Data that was
 * there stays when a later question fails, with the problem above it.
 */
export function Faces<T>({ query, skeleton, what, isEmpty, empty, children }: FacesProps<T>) {
  const retry = () => void query.refetch();
  if (query.data === undefined)
    return query.isError ? (
      <ProblemAlert error={query.error} what={what} onRetry={retry} isRetrying={query.isFetching} />
    ) : (
      <Loading>{skeleton}</Loading>
    );
  return (
    <>
      {query.isError && (
        <ProblemAlert
          error={query.error}
          what={what}
          onRetry={retry}
          isRetrying={query.isFetching}
        />
      )}
      {isEmpty?.(query.data) ? empty : children(query.data)}
    </>
  );
}
