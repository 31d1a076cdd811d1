import { Spotlight, spotlight } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useFoundItems } from './palette-found';
import { usePaletteItems } from './palette-items';
import { joinFound, searchPalette } from './palette-search';
import classes from './shell.module.css';

export const openPalette = () => spotlight.open();

export function Palette() {
  const [query, setQuery] = useState('');
  const { items, isSearching } = useFoundItems(query);
  const found = joinFound(searchPalette(usePaletteItems(), query), items, query);
  const groups = [...new Set(found.map(({ group }) => group))];
  return (
    <Spotlight.Root
      query={query}
      onQueryChange={setQuery}
      shortcut={['mod + K']}
      tagsToIgnore={[]} // whoever types into a filter wants it, too
      scrollable
      overlayProps={{ blur: 0, backgroundOpacity: 0.4 }}
      transitionProps={{ duration: 150 }}
      maxHeight={420}
      attributes={{ content: { 'aria-label': 'Find anything' } }}
      classNames={{ actionDescription: classes.paletteDetail }}
    >
      <Spotlight.Search
        placeholder="A server, an alert, a key, a page, an action"
        aria-label="Find anything"
        leftSection={<IconSearch size={16} aria-hidden />}
      />
      <Spotlight.ActionsList>
        {groups.map((group) => (
          <Spotlight.ActionsGroup key={group} label={group}>
            {found
              .filter((item) => item.group === group)
              .map(({ id, label, description, run }) => (
                <Spotlight.Action key={id} label={label} description={description} onClick={run} />
              ))}
          </Spotlight.ActionsGroup>
        ))}
        {found.length === 0 && (
          <Spotlight.Empty>
            {isSearching ? 'Searching' : 'Nothing has these words in it.'}
          </Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
