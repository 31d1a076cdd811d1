import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ChartProps } from '@/components/chart/types';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { RangeControl } from '@/components/range-control';
import { Stale } from '@/components/stale';
import { useSearchState } from '@/hooks/use-search-state';
import { plural } from '@/lib/format';
import type { TimeRange } from '@/lib/ranges';
import { factsQuery, type Fact, type Server } from '../api';
import { CHARTS } from '../charts';
import { cpuValue, memoryValue, valueOf } from '../fact-values';
import { FailedUnits, Filesystems, Processes } from './health-tables';
import { HostDepth } from './host-depth';
import { MetricChart } from './metric-chart';
import classes from './servers.module.css';
import { Vitals } from './vitals';

const STANDARD_SECONDS = 300;

function thresholdsOf(id: string, facts: readonly Fact[]): ChartProps['thresholds'] {
  if (id === 'load') {
    const cores = valueOf(facts, 'cpu', cpuValue)?.cores;
    return cores
      ? [{ value: cores, label: `all of ${plural(cores, 'core')} busy`, state: 'unknown' }]
      : undefined;
  }
  const total = id === 'memory' ? valueOf(facts, 'memory', memoryValue)?.total : undefined;
  return total ? [{ value: total, label: 'all memory', state: 'unknown' }] : undefined;
}

interface ChartsProps {
  server: Server;
  facts: readonly Fact[];
}

function Charts({ server, facts }: ChartsProps) {
  const [range, change] = useSearchState<TimeRange>();
  return (
    <>
      <Group justify="space-between" gap="xs">
        <RangeControl value={range} onChange={change} />
        <Text size="xs" c="dimmed" visibleFrom="sm">
          Drag over a chart to look closer; a double click leads back.
        </Text>
      </Group>
      <div className={classes.charts}>
        {CHARTS.map((definition) => (
          <MetricChart
            key={definition.id}
            serverId={server.id}
            definition={definition}
            range={range}
            onRange={change}
            thresholds={thresholdsOf(definition.id, facts)}
          />
        ))}
        <Filesystems facts={facts} />
        <Processes facts={facts} />
      </div>
    </>
  );
}

/** What is true now, then how it came to be. */
export function HealthTab({ server }: { server: Server }) {
  const query = useQuery(factsQuery(server.id));
  const facts = query.data?.facts ?? [];
  const after = 2 * (server.interval_seconds ?? STANDARD_SECONDS);
  return (
    <Stack gap="md">
      <Faces
        query={query}
        what="What was read of this server cannot be shown"
        skeleton={<CardSkeleton height={88} />}
      >
        {() => (
          <Stale since={server.last_seen_at} after={after}>
            <Stack gap="md">
              <Vitals facts={facts} />
              <FailedUnits facts={facts} />
              <HostDepth facts={facts} />
            </Stack>
          </Stale>
        )}
      </Faces>
      <Charts server={server} facts={facts} />
    </Stack>
  );
}
