import { Skeleton, Stack, VisuallyHidden } from '@mantine/core';
import type { ReactNode } from 'react';
import { useDelayed } from '@/hooks/use-delayed';

/** Shows its skeleton only when the answer takes longer than 150 ms. */
export function Loading({ children, label = 'Loading' }: { children: ReactNode; label?: string }) {
  const isSlow = useDelayed();
  return (
    <div aria-busy="true">
      <VisuallyHidden role="status">{label}</VisuallyHidden>
      {isSlow ? <div aria-hidden>{children}</div> : null}
    </div>
  );
}

export function RowsSkeleton({ rows = 8 }: { rows?: number }) {
  return (
    <Stack gap={8}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={28} />
      ))}
    </Stack>
  );
}

export function CardSkeleton({ height = 160 }: { height?: number }) {
  return <Skeleton height={height} />;
}
