import { Button, List, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMay } from '@/api/session';
import { Notice } from '@/components/notice';
import { ProblemAlert } from '@/components/problem-alert';
import { RelativeTime } from '@/components/relative-time';
import { plural } from '@/lib/format';
import { stuckQuery, useRetryStuck } from '../api';

/** What a part of Unity could not handle, for those who can do something about it. */
export function StuckNotice() {
  const mayManage = useMay('settings:manage');
  const stuck = useQuery({ ...stuckQuery, enabled: mayManage }).data ?? [];
  const retry = useRetryStuck();
  if (stuck.length === 0) return null;
  return (
    <Notice state="warning" title={`${plural(stuck.length, 'event')} could not be handled`}>
      <Stack gap="xs" align="flex-start">
        <List size="sm">
          {stuck.map(({ id, summary, handler, error, event_at }) => (
            <List.Item key={id}>
              {summary} (<RelativeTime at={event_at} />, {handler}): {error}
            </List.Item>
          ))}
        </List>
        {retry.isError && <ProblemAlert error={retry.error} />}
        <Button
          size="xs"
          variant="default"
          loading={retry.isPending}
          onClick={() => retry.mutate(stuck.map(({ id }) => id))}
        >
          Try again
        </Button>
      </Stack>
    </Notice>
  );
}
