import { Page } from '@/components/page';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import { RunsTable } from './runs-table';

export function RunsPage() {
  const [search, change] = useSearchState<TableState>();
  return (
    <Page
      title="Runs"
      crumbs={[
        { label: 'System', link: { to: '/system' } },
        { label: 'Jobs', link: { to: '/system/jobs' } },
      ]}
    >
      <RunsTable search={search} onSearch={change} />
    </Page>
  );
}
