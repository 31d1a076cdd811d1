import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { DevicePage } from '@/features/devices/components/device-page';
import { DaysToFull } from '@/features/forecasts/components/days-to-full';
import { ForecastPage } from '@/features/forecasts/components/forecast-page';
import { poolQuery } from '@/features/pools/api';
import { PoolPage } from '@/features/pools/components/pool-page';
import { Around } from '@/features/topology/components/around';
import { ThingPage } from '@/features/topology/components/topology-page';

export function PoolView() {
  const { poolId } = useParams({ from: '/shell/storage/pools/$poolId' });
  const around = (
    <>
      <PoolAhead poolId={poolId} />
      <Around resourceId={poolId} />
    </>
  );
  return <PoolPage key={poolId} poolId={poolId} around={around} />;
}

/** When the pool is full: forecasts know it by its name, and thin pools by that of their group. */
function PoolAhead({ poolId }: { poolId: string }) {
  const { data: pool } = useQuery(poolQuery(poolId));
  if (!pool) return null;
  return (
    <DaysToFull
      serverId={pool.server_id}
      isShown={({ kind, subject }) =>
        (kind === 'pool' && pool.kind === 'zfs' && subject === pool.name) ||
        (kind.startsWith('thin_') && pool.kind === 'lvm' && subject.startsWith(`${pool.name}/`))
      }
    />
  );
}

export function ForecastView() {
  const { forecastId } = useParams({ from: '/shell/storage/forecasts/$forecastId' });
  return <ForecastPage key={forecastId} forecastId={forecastId} />;
}

export function DeviceView() {
  const { deviceId } = useParams({ from: '/shell/storage/devices/$deviceId' });
  return (
    <DevicePage key={deviceId} deviceId={deviceId} around={<Around resourceId={deviceId} />} />
  );
}

export function ThingView() {
  const { resourceId } = useParams({ from: '/shell/storage/topology/$resourceId' });
  return <ThingPage key={resourceId} resourceId={resourceId} />;
}
