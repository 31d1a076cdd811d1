import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { runToEnd } from '@/api/job-runs';
import { connectionReport } from '@/api/reports';
import { Checks } from '@/components/checks';
import { connectionChecks, runningChecks } from '@/components/connection-checks';
import { ProblemAlert } from '@/components/problem-alert';
import { startTest, type Server } from '../api';

/** Reach, host key, login, shell, sudo: each working, then green, or red with its fix. */
export function ConnectionTest({ server, onClose }: { server: Server; onClose: () => void }) {
  const test = useQuery({
    queryKey: ['connection-test', server.id],
    queryFn: () => runToEnd(startTest(server.id), connectionReport),
    retry: false,
    staleTime: Infinity,
    gcTime: 0,
  });
  const checks = test.data && !test.isFetching ? connectionChecks(test.data) : runningChecks();
  return (
    <Modal opened onClose={onClose} title={`The connection to ${server.name}`} size="lg">
      <Stack gap="md">
        {test.error && !test.isFetching ? (
          <ProblemAlert error={test.error} what="The test did not come to its end" />
        ) : (
          <Checks checks={checks} label="Steps of the connection" />
        )}
        {test.data?.is_ok && !test.isFetching && <Text>Everything works.</Text>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => void test.refetch()} loading={test.isFetching}>
            Test again
          </Button>
          <Button onClick={onClose}>Close</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
