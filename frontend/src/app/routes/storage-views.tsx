import { useParams } from '@tanstack/react-router';
import { PoolPage } from '@/features/pools/components/pool-page';

export function PoolView() {
  const { poolId } = useParams({ from: '/shell/storage/pools/$poolId' });
  return <PoolPage key={poolId} poolId={poolId} />;
}
