import { Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Overview } from '@/api/overview';
import { RelativeTime } from '@/components/relative-time';
import { ServerStatusBadge } from '@/components/server-status';
import classes from './overview.module.css';

const MOST = 12;

export function Changes({ changes }: { changes: Overview['changes'] }) {
  if (changes.length === 0) return <Text c="dimmed">No server changed its status.</Text>;
  return (
    <>
      <ul className={classes.changes}>
        {changes.slice(0, MOST).map((change) => (
          <li key={`${change.server_id} ${change.at}`} className={classes.change}>
            <Text span size="sm" c="dimmed">
              <RelativeTime at={change.at} />
            </Text>
            <div>
              <Link
                to="/servers/$serverId"
                params={{ serverId: change.server_id }}
                className={classes.name}
              >
                {change.server_name}
              </Link>{' '}
              became <ServerStatusBadge status={change.status} />
              <Text size="sm" c="dimmed">
                {change.reason}
              </Text>
            </div>
          </li>
        ))}
      </ul>
      {changes.length > MOST && (
        <Text size="sm" c="dimmed" mt={8}>
          and {changes.length - MOST} earlier ones
        </Text>
      )}
    </>
  );
}
