import { Button, Divider, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { offersQuery } from '@/api/sign-on';
import { ProblemAlert } from '@/components/problem-alert';
import { useSignOn } from '../api';

/** One button a provider; nothing while there are none, or while they cannot be read. */
export function SignOnButtons() {
  const { data: offers } = useQuery(offersQuery);
  const signOn = useSignOn();
  if (!offers || offers.length === 0) return null;
  return (
    <Stack gap="sm">
      <Divider label="or" />
      {offers.map(({ id, title }) => (
        <Button
          key={id}
          variant="default"
          onClick={() => signOn.mutate(id)}
          loading={signOn.isPending && signOn.variables === id}
        >
          Log in with {title}
        </Button>
      ))}
      {signOn.error && <ProblemAlert error={signOn.error} />}
    </Stack>
  );
}
