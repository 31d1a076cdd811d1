import { Stack, Text } from '@mantine/core';
import { Notice } from '@/components/notice';
import { RelativeTime } from '@/components/relative-time';
import type { InstanceDetail } from '../api';
import { kindInWords } from '../words';

export function Trouble({ instance }: { instance: InstanceDetail }) {
  if (!instance.problem) return null;
  return (
    <Notice
      state="critical"
      title={instance.problem_kind ? `It fails: ${kindInWords(instance.problem_kind)}` : 'It fails'}
    >
      <Stack gap={4}>
        <Text size="sm">{instance.problem}</Text>
        {instance.fix && (
          <Text size="sm">
            <b>What to do: </b>
            {instance.fix}
          </Text>
        )}
        {instance.failures > 1 && (
          <Text size="sm" c="dimmed">
            {instance.failures} runs in a row. It last went well:{' '}
            <RelativeTime at={instance.last_ok_at} never="never" />.
          </Text>
        )}
      </Stack>
    </Notice>
  );
}
