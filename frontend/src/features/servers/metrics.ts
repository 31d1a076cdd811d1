import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import { isZoomed, rangeSeconds, refreshSeconds, resolveRange, type TimeRange } from '@/lib/ranges';
import type { ChartDefinition } from './charts';
import { onSameTimes } from './same-times';

const POINTS = 300;
const MOVING_SECONDS = 3_600;

/** Short ranges move with each reading, which an event tells; long ones are asked at their own pace. */
const pace = (range: TimeRange) =>
  !isZoomed(range) && rangeSeconds(range.range ?? '1h') <= MOVING_SECONDS ? 'moving' : 'steady';

export const chartQuery = (serverId: string, definition: ChartDefinition, range: TimeRange) =>
  queryOptions({
    queryKey: ['metrics', serverId, pace(range), definition.id, range],
    queryFn: async () => {
      const { from, to } = resolveRange(range, Math.floor(Date.now() / 1000));
      const span = {
        from: new Date(from * 1000).toISOString(),
        to: new Date(to * 1000).toISOString(),
      };
      const answers = await Promise.all(
        definition.metrics.map((metric) =>
          dataOf(
            api.GET('/api/metrics/query', {
              params: { query: { metric, resource: [serverId], points: POINTS, ...span } },
            }),
          ),
        ),
      );
      const same = onSameTimes(answers);
      return { from, to, times: same.times, series: definition.compose(...same.answers) };
    },
    refetchInterval: refreshSeconds(range) === false ? false : Number(refreshSeconds(range)) * 1000,
    placeholderData: keepPreviousData,
  });
