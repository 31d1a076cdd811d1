import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMay } from '@/api/session';
import { CardSkeleton, Loading } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Page } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { approvedKeyQuery, serverQuery } from '../api';
import { Wizard } from './wizard';

interface AddServerPageProps {
  /** The server that was entered here before: the address keeps it, so that a reload goes on. */
  serverId: string | undefined;
  onEntered: (serverId: string) => void;
  onAgain: () => void;
}

export function AddServerPage({ serverId, onEntered, onAgain }: AddServerPageProps) {
  const mayAdd = useMay('servers:manage');
  const server = useQuery({ ...serverQuery(serverId ?? ''), enabled: serverId !== undefined });
  const pin = useQuery({ ...approvedKeyQuery(serverId ?? ''), enabled: serverId !== undefined });
  const error = server.error ?? pin.error;
  // A server that was entered a moment ago is in the cache already, so the sections stay mounted.
  const isWaiting = serverId !== undefined && server.data === undefined;
  const body = !mayAdd ? (
    <Notice state="unknown" title="Your role may not add servers.">
      Ask an operator or an administrator of Unity.
    </Notice>
  ) : error != null && server.data === undefined ? (
    <ProblemAlert
      error={error}
      what="The server could not be read"
      onRetry={() => void server.refetch()}
    />
  ) : isWaiting || (pin.isPending && pin.fetchStatus !== 'idle' && !server.data) ? (
    <Loading>
      <CardSkeleton height={280} />
    </Loading>
  ) : (
    <Wizard server={server.data} pin={pin.data} onEntered={onEntered} onAgain={onAgain} />
  );
  return (
    <Page
      title="Add a server"
      crumbs={[{ label: 'Servers', link: { to: '/servers' } }]}
      actions={mayAdd && <Link to="/servers/import">Import many at once</Link>}
      subtitle="Unity reads a machine over SSH; nothing is installed on it."
    >
      {body}
    </Page>
  );
}
