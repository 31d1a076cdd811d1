import { Button, Group, List, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CopyBlock } from '@/components/copy-block';
import { Notice } from '@/components/notice';
import { ProblemAlert } from '@/components/problem-alert';
import { formatExact, plural } from '@/lib/format';
import { verificationQuery } from '../api';

/** Checks every link of the log, and says what came of it. */
export function VerifyButton() {
  const check = useQuery(verificationQuery);
  return (
    <Button variant="default" onClick={() => void check.refetch()} loading={check.isFetching}>
      Verify the chain
    </Button>
  );
}

export function VerificationResult() {
  const { data, error, dataUpdatedAt } = useQuery(verificationQuery);
  if (error) return <ProblemAlert what="The chain could not be verified" error={error} />;
  if (!data) return null;
  const when = formatExact(new Date(dataUpdatedAt));
  if (!data.is_intact)
    return (
      <Notice state="critical" title="The log was changed outside of Unity" role="alert">
        <List size="sm">
          {data.faults.map((fault) => (
            <List.Item key={`${fault.seq} ${fault.problem}`}>
              Entry {fault.seq}: {fault.problem}
            </List.Item>
          ))}
        </List>
        <Text size="sm">
          <b>What to do: </b>
          Compare with a backup, and find out who could write the database.
        </Text>
      </Notice>
    );
  return (
    <Notice
      state="ok"
      title={`All ${plural(data.entries, 'entry', 'entries')} are intact`}
      role="status"
    >
      <Stack gap="xs">
        <Text size="sm">
          Checked {when}. Note the last hash elsewhere: with it, a later check also shows whether
          entries were cut off the end.
        </Text>
        <Group>
          <CopyBlock text={`${data.last_seq} ${data.last_hash}`} label="number and last hash" />
        </Group>
      </Stack>
    </Notice>
  );
}
