// Routes in plain words, and their tree as a list.
import type { components } from '@/api/schema';
import { plural } from '@/lib/format';
import type { Route, RoutePlan } from './api';
import { hoursInWords } from './values';

type ChannelName = components['schemas']['ChannelName'];

/** The tree from the top down, each row with its depth. */
export function treeOf(
  routes: readonly Route[],
  parent: string | null = null,
  depth = 0,
): { route: Route; depth: number }[] {
  return routes
    .filter(({ parent_id }) => parent_id === parent)
    .flatMap((route) => [{ route, depth }, ...treeOf(routes, route.id, depth + 1)]);
}

/** "Critical alerts of type server_offline with tag home". */
export function matchInWords({ match }: Route): string {
  const { severities = [], domains = [], types = [], tags = [], hours = [] } = match;
  const { groups = [], servers = [] } = match;
  const parts = [severities.length > 0 ? `${severities.join(' and ')} alerts` : 'alerts'];
  if (domains.length > 0) parts.push(`of ${domains.join(' or ')}`);
  if (types.length > 0) parts.push(`of type ${types.join(' or ')}`);
  if (tags.length > 0) parts.push(`with the tag ${tags.join(' or ')}`);
  if (groups.length > 0) parts.push(`in ${plural(groups.length, 'group')}`);
  if (servers.length > 0) parts.push(`of ${plural(servers.length, 'server')}`);
  if (hours.length > 0) parts.push(hours.map(hoursInWords).join(', '));
  const text = parts.length === 1 && severities.length === 0 ? 'all alerts' : parts.join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function pace(plan: RoutePlan): string[] {
  const words = [];
  if (plan.digest === 'daily') words.push(`every day at ${plan.digest_at}`);
  if (plan.digest === 'weekly') words.push(`every week at ${plan.digest_at}`);
  const { quiet = [], repeat_minutes = 0 } = plan;
  if (quiet.length > 0) words.push(`quiet ${quiet.map(hoursInWords).join(', ')}`);
  if (repeat_minutes > 0) words.push(`again every ${repeat_minutes} min`);
  return words;
}

/** "Phone, Mail; quiet every day 22:00–07:00; after 15 min to Boss". */
export function planInWords({ plan }: Route, names: readonly ChannelName[]): string {
  if (plan === null) return 'as the route above';
  const nameOf = (id: string) => names.find((one) => one.id === id)?.name ?? 'a channel';
  const channels = (plan.channels ?? []).map(nameOf).join(', ') || 'nobody';
  const words = [channels, ...pace(plan)];
  const { escalate_after_minutes = 0, escalate_to = [] } = plan;
  if (escalate_after_minutes > 0)
    words.push(`after ${escalate_after_minutes} min to ${escalate_to.map(nameOf).join(', ')}`);
  return words.join('; ');
}
