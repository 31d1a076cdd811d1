import { useNavigate } from '@tanstack/react-router';
import { NAVIGATION } from '../navigation';

export interface PaletteItem {
  id: string;
  group: string;
  label: string;
  description?: string;
  keywords?: string;
  run: () => void;
}

/** Everything the palette finds. A domain adds its things here, from lists that are in the cache. */
export function usePaletteItems(): PaletteItem[] {
  const navigate = useNavigate();
  return NAVIGATION.flatMap(({ word, to, keywords, pages = [] }) => [
    { id: `page ${to}`, group: 'Pages', label: word, keywords, run: () => void navigate({ to }) },
    ...pages.map((page) => ({
      id: `page ${page.to}`,
      group: 'Pages',
      label: page.word,
      description: word,
      keywords: page.keywords,
      run: () => void navigate({ to: page.to }),
    })),
  ]);
}
