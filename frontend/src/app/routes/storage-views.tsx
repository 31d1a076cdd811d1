import { useParams } from '@tanstack/react-router';
import { DevicePage } from '@/features/devices/components/device-page';
import { PoolPage } from '@/features/pools/components/pool-page';

export function PoolView() {
  const { poolId } = useParams({ from: '/shell/storage/pools/$poolId' });
  return <PoolPage key={poolId} poolId={poolId} />;
}

export function DeviceView() {
  const { deviceId } = useParams({ from: '/shell/storage/devices/$deviceId' });
  return <DevicePage key={deviceId} deviceId={deviceId} />;
}
