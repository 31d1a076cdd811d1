import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { overviewQuery } from '@/api/overview';
import { useMay } from '@/api/session';
import { useNavigation } from '../navigation';
import { useActionItems } from './palette-actions';

export interface PaletteItem {
  id: string;
  group: string;
  label: string;
  description?: string;
  keywords?: string;
  run: () => void;
}

function useServerItems(): PaletteItem[] {
  const navigate = useNavigate();
  const { data } = useQuery({ ...overviewQuery, enabled: useMay('servers:read') });
  return (data?.servers ?? []).map(({ id, name, status, reason, os_name }) => ({
    id: `server ${id}`,
    group: 'Servers',
    label: name,
    description: status === 'online' ? os_name : `${status}: ${reason}`,
    keywords: 'server machine host',
    run: () => void navigate({ to: '/servers/$serverId', params: { serverId: id } }),
  }));
}

/** What the palette finds at once, without asking: pages, servers that are in the cache, and actions. */
export function usePaletteItems(): PaletteItem[] {
  const navigate = useNavigate();
  const pages = useNavigation().flatMap(
    ({ word, to, keywords, pages: inner = [] }): PaletteItem[] => [
      { id: `page ${to}`, group: 'Pages', label: word, keywords, run: () => void navigate({ to }) },
      ...inner.map((page) => ({
        id: `page ${page.to}`,
        group: 'Pages',
        label: page.word,
        description: word,
        keywords: page.keywords,
        run: () => void navigate({ to: page.to }),
      })),
    ],
  );
  return [...pages, ...useServerItems(), ...useActionItems()];
}
