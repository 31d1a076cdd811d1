import { List, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ProblemAlert } from '@/components/problem-alert';
import { plural } from '@/lib/format';
import type { Matcher } from '../api';
import { effectQuery } from '../silences-api';

/** What conditions would keep quiet at this moment. */
export function Effect({ matchers }: { matchers: Matcher[] }) {
  const effect = useQuery(effectQuery(matchers));
  if (matchers.length === 0) return null;
  if (effect.isError) return <ProblemAlert error={effect.error} />;
  if (!effect.data) return null;
  const { total, alerts } = effect.data;
  return (
    <div role="status">
      <Text size="sm" fw={600}>
        {total === 0
          ? 'No open alert fits now; later ones will.'
          : `${plural(total, 'open alert')} ${total === 1 ? 'fits' : 'fit'} now:`}
      </Text>
      <List size="sm">
        {alerts.slice(0, 5).map((alert) => (
          <List.Item key={alert.id}>
            <Link to="/alerts/$alertId" params={{ alertId: alert.id }}>
              {alert.title}
            </Link>
          </List.Item>
        ))}
      </List>
      {total > 5 && <Text size="sm">and {total - 5} more</Text>}
    </div>
  );
}
