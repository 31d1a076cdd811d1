import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { offersQuery } from '@/api/sign-on';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { RelativeTime } from '@/components/relative-time';
import { linksQuery, useLink, useUnlink } from '../security';

/** The accounts at providers that open this one; left out where there are no providers. */
export function LinksSection() {
  const query = useQuery(linksQuery);
  const { data: offers = [] } = useQuery(offersQuery);
  const link = useLink();
  const unlink = useUnlink();
  const linked = new Set(query.data?.map((each) => each.provider_id));
  const free = offers.filter(({ id }) => !linked.has(id));
  const error = link.error ?? unlink.error;
  if (offers.length === 0 && linked.size === 0 && !query.error) return null;
  const buttons = free.map(({ id, title }) => (
    <Button
      key={id}
      size="xs"
      variant="default"
      onClick={() => link.mutate(id)}
      loading={link.isPending && link.variables === id}
    >
      Link {title}
    </Button>
  ));
  return (
    <Section title="Single sign-on" actions={<Group gap="xs">{buttons}</Group>}>
      {error && <ProblemAlert what="Nothing was changed" error={error} />}
      <Faces
        query={query}
        what="Your links could not be read"
        skeleton={<RowsSkeleton rows={1} />}
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState title="Not linked">
            Link an account at a provider, and it opens this one without a password.
          </EmptyState>
        }
      >
        {(list) => (
          <Stack gap="xs">
            {list.map((each) => (
              <Group key={each.id} justify="space-between" wrap="nowrap">
                <div>
                  <Text size="sm">
                    {each.provider}: {each.label}
                  </Text>
                  <Text size="xs" c="dimmed">
                    Last login <RelativeTime at={each.last_login_at} never="never" />
                  </Text>
                </div>
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={`Unlink ${each.provider}`}
                  onClick={() => unlink.mutate(each.id)}
                  loading={unlink.isPending && unlink.variables === each.id}
                >
                  Unlink
                </Button>
              </Group>
            ))}
          </Stack>
        )}
      </Faces>
    </Section>
  );
}
