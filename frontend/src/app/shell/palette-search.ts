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

/**
 * Joins what was found at once with what the server found: first what begins with the words, then
 * the server's in its order, then the rest. The same thing stands once.
 */
export function joinFound(
  local: readonly PaletteItem[],
  found: readonly PaletteItem[],
  query: string,
): PaletteItem[] {
  const words = query.trim().toLowerCase();
  const begins = ({ label }: PaletteItem) => label.toLowerCase().startsWith(words);
  const joined = new Map<string, PaletteItem>();
  for (const item of [...local.filter(begins), ...found, ...local.filter((item) => !begins(item))])
    if (!joined.has(item.id)) joined.set(item.id, item);
  return [...joined.values()].slice(0, MOST_RESULTS);
}
