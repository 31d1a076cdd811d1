import { MultiSelect, SimpleGrid, Stack, TagsInput, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { choices } from '@/lib/choices';
import { groupsQuery, serversQuery, tagsQuery } from '../rules-api';
import type { RuleFormState } from './rule-form';

/** Where the rule looks. */
export function ScopeFields({ form }: { form: RuleFormState }) {
  const { servers, groups } = form.values;
  const knownServers = useQuery(serversQuery).data;
  const knownGroups = useQuery(groupsQuery).data;
  const knownTags = useQuery(tagsQuery).data;
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed">
        With none of these it looks everywhere; with several, where any of them is.
      </Text>
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <MultiSelect
          label="Only on these servers"
          searchable
          data={choices(knownServers, servers, 'a server that is gone')}
          {...form.getInputProps('servers')}
        />
        <MultiSelect
          label="Only in these groups"
          searchable
          data={choices(knownGroups, groups, 'a group that is gone')}
          {...form.getInputProps('groups')}
        />
        <TagsInput
          label="Only where one of these tags is"
          data={knownTags ?? []}
          {...form.getInputProps('tags')}
        />
      </SimpleGrid>
    </Stack>
  );
}
