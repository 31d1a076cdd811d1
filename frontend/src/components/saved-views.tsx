import { Button, Menu } from '@mantine/core';
import { IconBookmark } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import {
  defaultParseSearch,
  defaultStringifySearch,
  useNavigate,
  useSearch,
} from '@tanstack/react-router';
import { useState } from 'react';
import { viewsQuery, type SavedView, type ViewPage } from '@/api/views';
import { ManageViewsDialog, SaveViewDialog } from './saved-view-dialogs';

/** The filters as they stand in the address; which page of the list is no part of a view. */
function useFilters(): string {
  const search: unknown = useSearch({ strict: false });
  const entries = Object.entries((search ?? {}) as Record<string, unknown>);
  const kept = entries.filter(([name, value]) => name !== 'page' && value !== undefined);
  return defaultStringifySearch(Object.fromEntries(kept.sort())).replace(/^\?/, '');
}

type Dialog = 'save' | 'manage' | null;

/** The views of a list: own and shared ones, and the way to keep the present filters. */
export function SavedViews({ page }: { page: ViewPage }) {
  const views = useQuery(viewsQuery(page)).data ?? [];
  const filters = useFilters();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<Dialog>(null);
  const open = (view: SavedView) =>
    void navigate({ to: '.', search: () => defaultParseSearch(view.query) });
  const current = views.find(({ query }) => query === filters);
  const own = views.filter(({ is_own }) => is_own);
  const close = () => setDialog(null);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={16} aria-hidden />}>
            {current && filters !== '' ? current.name : 'Views'}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.length === 0 && <Menu.Label>No views yet</Menu.Label>}
          {views.map((view) => (
            <Menu.Item
              key={view.id}
              onClick={() => open(view)}
              aria-current={view === current ? 'true' : undefined}
              fw={view === current ? 600 : undefined}
            >
              {view.is_own ? view.name : `${view.name} (by ${view.owner})`}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item disabled={filters === ''} onClick={() => setDialog('save')}>
            Save these filters…
          </Menu.Item>
          {own.length > 0 && (
            <Menu.Item onClick={() => setDialog('manage')}>Manage views…</Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {dialog === 'save' && (
        <SaveViewDialog page={page} filters={filters} own={own} onClose={close} />
      )}
      {dialog === 'manage' && <ManageViewsDialog own={own} onClose={close} />}
    </>
  );
}
