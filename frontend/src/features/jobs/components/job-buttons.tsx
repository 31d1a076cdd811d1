import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCalendarTime, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { toProblem } from '@/api/problem';
import { usePauseOrResume, useRunNow, type Job } from '../api';
import { ScheduleDialog } from './schedule-dialog';

function tellFailure(title: string, error: Error) {
  notifications.show({ title, message: toProblem(error).message, color: 'red.9' });
}

/** Queues a run, and tells where it can be followed. */
export function RunNowButton({ job, opens = false }: { job: Job; opens?: boolean }) {
  const navigate = useNavigate();
  const run = useRunNow();
  const start = () =>
    run.mutate(job.name, {
      onSuccess: ({ id }) => {
        if (opens) void navigate({ to: '/system/runs/$runId', params: { runId: id } });
        else
          notifications.show({
            title: 'Queued',
            message: (
              <Link to="/system/runs/$runId" params={{ runId: id }}>
                Follow the run of “{job.title}”
              </Link>
            ),
          });
      },
      onError: (error) => tellFailure(`“${job.title}” was not queued`, error),
    });
  return (
    <Button
      size="xs"
      variant={opens ? 'filled' : 'default'}
      onClick={start}
      loading={run.isPending}
      aria-label={`Run now: ${job.title}`}
    >
      Run now
    </Button>
  );
}

/** Everything that changes when a job runs; nothing for those who may not. */
export function JobButtons({ job }: { job: Job }) {
  const may = useMay('jobs:manage');
  const [isChanging, setIsChanging] = useState(false);
  const pause = usePauseOrResume();
  if (!may) return null;
  const PauseIcon = job.is_paused ? IconPlayerPlay : IconPlayerPause;
  return (
    <Group gap="xs">
      <RunNowButton job={job} opens />
      <Button
        size="xs"
        variant="default"
        leftSection={<PauseIcon size={16} aria-hidden />}
        loading={pause.isPending}
        onClick={() =>
          pause.mutate(job, {
            onError: (error) => tellFailure(`“${job.title}” stays as it was`, error),
          })
        }
      >
        {job.is_paused ? 'Resume' : 'Pause'}
      </Button>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconCalendarTime size={16} aria-hidden />}
        onClick={() => setIsChanging(true)}
      >
        Change the schedule
      </Button>
      <ScheduleDialog job={job} isOpen={isChanging} onClose={() => setIsChanging(false)} />
    </Group>
  );
}
