// Which cached questions an event makes old. Keys begin with the noun, so that one line covers the
// list, the page of one thing and what stands on the overview.
import type { QueryClient } from '@tanstack/react-query';
import type { LiveHandlers } from '@/api/live';

function refresh(...nouns: string[]) {
  return (client: QueryClient) => {
    for (const noun of nouns) void client.invalidateQueries({ queryKey: [noun] });
  };
}

export const LIVE_HANDLERS: LiveHandlers = {
  job: refresh('jobs'),
  schedule: refresh('jobs'),
  server: refresh('servers', 'overview'),
  alert: refresh('alerts', 'overview'),
  resync: (client) => void client.invalidateQueries(),
};
