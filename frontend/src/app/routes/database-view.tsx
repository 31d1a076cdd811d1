import { useParams } from '@tanstack/react-router';
import { DatabasePage } from '@/features/databases/components/database-page';
import { Around } from '@/features/topology/components/around';

export function DatabaseView() {
  const { databaseId } = useParams({ from: '/shell/databases/$databaseId' });
  return (
    <DatabasePage
      key={databaseId}
      databaseId={databaseId}
      around={<Around resourceId={databaseId} />}
    />
  );
}
