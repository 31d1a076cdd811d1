import type { OfferedKey } from '@/api/reports';
import type { Server } from './api';

/** Where the machine is, as it was probed. */
export interface Place {
  name: string;
  host: string;
  port: number;
  jumpServerId: string | null;
}

export type ApprovedKey = Pick<OfferedKey, 'public' | 'fingerprint' | 'algorithm'>;

export function placeOf(server: Server): Place {
  return {
    name: server.name,
    host: server.host,
    port: server.port,
    jumpServerId: server.jump_server_id,
  };
}

/** "nas.lan" → "nas"; an address stays as it is. */
export function nameFromHost(host: string): string {
  const text = host.trim();
  return /^[\d.]+$|:/.test(text) ? text : (text.split('.')[0] ?? text);
}

/** `ssh-ed25519` → the file that sshd keeps that key in. */
export function hostKeyFile(algorithm: string): string {
  const kind = algorithm.replace(/^ssh-/, '').split('-')[0] ?? 'ed25519';
  return `/etc/ssh/ssh_host_${kind}_key.pub`;
}
