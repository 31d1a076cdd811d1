import { useNavigate, useParams } from '@tanstack/react-router';
import { ActivityFeed } from '@/features/activity/components/activity-feed';
import { DaysToFull } from '@/features/forecasts/components/days-to-full';
import { ServerAccess } from '@/features/server-access/components/server-access';
import { ServerPage } from '@/features/servers/components/server-page';

export function ServerView() {
  const { serverId } = useParams({ from: '/shell/servers/$serverId' });
  const navigate = useNavigate();
  return (
    <ServerPage
      key={serverId}
      serverId={serverId}
      access={<ServerAccess serverId={serverId} />}
      activity={<ActivityFeed filters={{ resourceId: serverId }} />}
      ahead={<DaysToFull serverId={serverId} />}
      onDeleted={() => void navigate({ to: '/servers' })}
    />
  );
}
