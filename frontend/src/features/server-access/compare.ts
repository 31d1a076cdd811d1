/** What to type on the machine: it prints the fingerprint of the host key of this kind. */
export function compareCommand(algorithm: string): string {
  const kind = algorithm.replace(/^ssh-/, '').split('-')[0] ?? 'ed25519';
  return `ssh-keygen -lf /etc/ssh/ssh_host_${kind}_key.pub`;
}
