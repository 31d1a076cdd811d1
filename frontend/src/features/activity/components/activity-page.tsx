import { Group, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMay } from '@/api/session';
import { Page } from '@/components/page';
import { SavedViews } from '@/components/saved-views';
import { useSearchState } from '@/hooks/use-search-state';
import { peopleQuery } from '../api';
import { ActivityFeed } from './activity-feed';
import { StuckNotice } from './stuck-notice';

interface Search {
  q?: string;
  kind?: string;
  actor?: string;
  span?: string;
}

const KINDS = [
  { value: 'server.', label: 'Servers' },
  { value: 'host_key.', label: 'Host keys' },
  { value: 'alert.', label: 'Alerts' },
  { value: 'ssh_key.', label: 'SSH keys' },
  { value: 'credential.', label: 'Logins' },
  { value: 'job.', label: 'Jobs' },
  { value: 'user.', label: 'Users' },
  { value: 'login.', label: 'Failed logins' },
  { value: 'api_token.', label: 'Tokens' },
  { value: 'backup.', label: 'Backups' },
  { value: 'settings.', label: 'Settings' },
  { value: 'unity.', label: 'Unity' },
];

const SPANS = [
  { value: '1h', label: 'last hour' },
  { value: '24h', label: 'last 24 hours' },
  { value: '7d', label: 'last 7 days' },
  { value: '30d', label: 'last 30 days' },
];

interface FiltersProps {
  search: Search;
  change: (part: Partial<Search>) => void;
}

function Filters({ search, change }: FiltersProps) {
  const mayUsers = useMay('users:read');
  const people = useQuery({ ...peopleQuery, enabled: mayUsers }).data ?? [];
  const choose = (id: keyof Search, label: string, data: { value: string; label: string }[]) => (
    <Select
      aria-label={label}
      placeholder={label}
      data={data}
      value={search[id] ?? null}
      onChange={(value) => change({ [id]: value ?? undefined })}
      clearable
      w={150}
    />
  );
  return (
    <Group gap="xs">
      <TextInput
        aria-label="Filter the activity"
        placeholder="Filter"
        w={{ base: '100%', xs: 220 }}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={search.q ?? ''}
        onChange={(event) => change({ q: event.currentTarget.value || undefined })}
      />
      {choose('kind', 'About', KINDS)}
      {choose('span', 'Any time', SPANS)}
      {mayUsers &&
        choose(
          'actor',
          'Who',
          people.map(({ id, name }) => ({ value: id, label: name })),
        )}
      <Group ml="auto">
        <SavedViews page="activity" />
      </Group>
    </Group>
  );
}

/** What happened, across everything. */
export function ActivityPage() {
  const [search, change] = useSearchState<Search>();
  const { q, kind, actor, span } = search;
  return (
    <Page
      title="Activity"
      crumbs={[{ label: 'System', link: { to: '/system' } }]}
      subtitle="What servers, people and Unity itself did, in plain words."
    >
      <StuckNotice />
      <Filters search={search} change={change} />
      <ActivityFeed filters={{ q, kind, actor, span }} />
    </Page>
  );
}
