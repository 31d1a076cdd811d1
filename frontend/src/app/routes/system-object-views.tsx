import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { UserPage } from '@/features/accounts/components/user-page';
import { JobPage } from '@/features/jobs/components/job-page';
import { RunPage } from '@/features/jobs/components/run-page';

export function JobView() {
  const { name } = useParams({ from: '/shell/system/jobs/$name' });
  return <JobPage name={name} />;
}

export function RunView() {
  const { runId } = useParams({ from: '/shell/system/runs/$runId' });
  return <RunPage id={runId} />;
}

export function UserView() {
  const { userId } = useParams({ from: '/shell/system/users/$userId' });
  const navigate = useNavigate();
  const client = useQueryClient();
  // First away from the page of who is gone, then the list anew.
  const leave = () =>
    void navigate({ to: '/system/users' }).then(() =>
      client.invalidateQueries({ queryKey: ['users'] }),
    );
  return <UserPage id={userId} onDeleted={leave} />;
}
