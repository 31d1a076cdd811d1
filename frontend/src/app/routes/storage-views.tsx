import { useParams } from '@tanstack/react-router';
import { DevicePage } from '@/features/devices/components/device-page';
import { PoolPage } from '@/features/pools/components/pool-page';
import { Around } from '@/features/topology/components/around';
import { ThingPage } from '@/features/topology/components/topology-page';

export function PoolView() {
  const { poolId } = useParams({ from: '/shell/storage/pools/$poolId' });
  return <PoolPage key={poolId} poolId={poolId} around={<Around resourceId={poolId} />} />;
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
