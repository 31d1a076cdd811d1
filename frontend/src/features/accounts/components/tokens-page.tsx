import { Button, Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { Page } from '@/components/page';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import { tokensQuery } from '../api';
import { MakeTokenDialog } from './make-token-dialog';
import { TokenList } from './token-list';

export function TokensPage() {
  const [search, change] = useSearchState<TableState>();
  const [isMaking, setIsMaking] = useState(false);
  const may = useMay('tokens:manage');
  const showsAll = may && search.whose === 'all';
  const tokens = useQuery(tokensQuery(showsAll));
  const make = <Button onClick={() => setIsMaking(true)}>Make a token</Button>;
  return (
    <Page
      title="Tokens"
      crumbs={[{ label: 'System', link: { to: '/system' } }]}
      subtitle="Keys for programs that use the API."
      actions={make}
    >
      {may && (
        <Switch
          label="Tokens of all users"
          checked={showsAll}
          onChange={(event) =>
            change({ whose: event.currentTarget.checked ? 'all' : undefined, page: undefined })
          }
        />
      )}
      <TokenList
        query={tokens}
        hasOwner={showsAll}
        search={search}
        onSearch={change}
        action={make}
      />
      <MakeTokenDialog isOpen={isMaking} onClose={() => setIsMaking(false)} />
    </Page>
  );
}
