import { CloseButton, Group, Select, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { plural } from '@/lib/format';
import type { TableState } from '@/lib/search';
import type { Filter } from './columns';

interface ToolbarProps<T> {
  noun: string;
  nouns?: string;
  shown: number;
  total: number;
  filters: readonly Filter<T>[];
  hasText: boolean;
  search: TableState;
  onSearch: (change: Partial<TableState>) => void;
  actions?: ReactNode;
}

export function Toolbar<T>(props: ToolbarProps<T>) {
  const { noun, nouns, shown, total, filters, hasText, search, onSearch, actions } = props;
  const text = search.q ?? '';
  return (
    <Group gap="xs" mb="xs">
      {hasText && (
        <TextInput
          aria-label={`Filter ${nouns ?? `${noun}s`}`}
          placeholder="Filter"
          w={{ base: '100%', xs: 220 }}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={text}
          onChange={(event) =>
            onSearch({ q: event.currentTarget.value || undefined, page: undefined })
          }
          rightSection={
            text && (
              <CloseButton
                size="sm"
                aria-label="Clear the filter"
                onClick={() => onSearch({ q: undefined })}
              />
            )
          }
        />
      )}
      {filters.map((filter) => (
        <Select
          key={filter.id}
          aria-label={filter.label}
          placeholder={filter.label}
          data={filter.options}
          value={search[filter.id] === undefined ? null : String(search[filter.id])}
          onChange={(value) => onSearch({ [filter.id]: value ?? undefined, page: undefined })}
          clearable
          w={150}
        />
      ))}
      <Text c="dimmed" size="sm" role="status">
        {shown === total ? plural(total, noun, nouns) : `${shown} of ${plural(total, noun, nouns)}`}
      </Text>
      {actions && (
        <Group gap="xs" ml="auto">
          {actions}
        </Group>
      )}
    </Group>
  );
}
