import type { PaletteItem } from './palette-items';

const MOST_RESULTS = 30;

/** Every word must occur; a label that begins with the first word stands first. */
export function searchPalette(items: readonly PaletteItem[], query: string): PaletteItem[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const first = words[0];
  if (first === undefined) return items.slice(0, MOST_RESULTS);
  const rank = ({ label }: PaletteItem) => (label.toLowerCase().startsWith(first) ? 0 : 1);
  return items
    .filter(({ label, description = '', keywords = '' }) => {
      const text = `${label} ${description} ${keywords}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, MOST_RESULTS);
}
