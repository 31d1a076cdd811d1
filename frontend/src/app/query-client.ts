import { QueryClient } from '@tanstack/react-query';
import { toProblem } from '@/api/problem';

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // Asking again helps when the answer got lost, not when it was no.
        retry: (count, error) => {
          const { status } = toProblem(error);
          return count < 2 && (status === 0 || status >= 502);
        },
      },
    },
  });
}
