/** What there is to choose from; what was chosen and is gone stays, to be taken out. */
export function choices(
  known: readonly { id: string; name: string }[] | undefined,
  chosen: readonly string[],
  gone: string,
): { value: string; label: string }[] {
  if (known === undefined) return chosen.map((value) => ({ value, label: '…' }));
  const ids = new Set(known.map(({ id }) => id));
  return [
    ...known.map(({ id, name }) => ({ value: id, label: name })),
    ...chosen.filter((id) => !ids.has(id)).map((value) => ({ value, label: gone })),
  ];
}
