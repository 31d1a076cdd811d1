import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { EmptyState } from '@/components/empty-state';

export function NotFound() {
  return (
    <EmptyState
      title="There is no page at this address"
      action={
        <Button component={Link} to="/">
          To the overview
        </Button>
      }
    >
      It may have been moved, or the thing it showed was deleted.
    </EmptyState>
  );
}
