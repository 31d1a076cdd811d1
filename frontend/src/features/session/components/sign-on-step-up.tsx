import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { offersQuery } from '@/api/sign-on';
import { ProblemAlert } from '@/components/problem-alert';
import { useSignOnStepUp } from '../api';

/** For people without a password: the provider asks who they are anew, then they begin again. */
export function SignOnStepUp({ onCancel }: { onCancel: () => void }) {
  const { data: offers = [] } = useQuery(offersQuery);
  const again = useSignOnStepUp();
  return (
    <Stack gap="md">
      <Text size="sm">
        This action needs to know again that it is you. Log in once more where your account is, then
        repeat the action.
      </Text>
      {again.error && <ProblemAlert error={again.error} />}
      {offers.map(({ id, title }) => (
        <Button key={id} onClick={() => again.mutate(id)} loading={again.isPending}>
          Go to {title}
        </Button>
      ))}
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
      </Group>
    </Stack>
  );
}
