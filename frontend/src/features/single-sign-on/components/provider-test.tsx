import { Button, Stack, Text } from '@mantine/core';
import { Notice } from '@/components/notice';
import { Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { StatusBadge } from '@/components/status-badge';
import { useTestProvider } from '../api';

/** Asks the provider, and says step by step what came of it. Nobody is logged in. */
export function ProviderTest({ id }: { id: string }) {
  const test = useTestProvider(id);
  const button = (
    <Button size="xs" variant="default" onClick={() => test.mutate()} loading={test.isPending}>
      Test it
    </Button>
  );
  return (
    <Section title="Test" actions={button}>
      <Stack gap="sm" role="status">
        {test.error && <ProblemAlert what="It could not be tested" error={test.error} />}
        {!test.data && !test.error && (
          <Text size="sm" c="dimmed">
            Asks the provider who it is, for its keys, and whether it knows this client.
          </Text>
        )}
        {test.data && (
          <Notice
            state={test.data.is_fine ? 'ok' : 'critical'}
            title={test.data.is_fine ? 'It works' : 'It does not work yet'}
          />
        )}
        {test.data?.checks.map((check) => (
          <div key={check.what}>
            <StatusBadge state={check.is_fine ? 'ok' : 'critical'}>{check.what}</StatusBadge>
            <Text size="sm">{check.detail}</Text>
          </div>
        ))}
      </Stack>
    </Section>
  );
}
