import type { Destination, DestinationKind, DestinationWrite } from './api';

export interface DestinationValues extends DestinationWrite {
  password: string;
  private_key: string;
  private_key_passphrase: string;
  secret_access_key: string;
}

const EMPTY: DestinationValues = {
  name: '',
  kind: 'folder',
  is_enabled: true,
  folder: '',
  host: '',
  port: 22,
  username: '',
  host_key: '',
  endpoint: '',
  region: '',
  bucket: '',
  prefix: '',
  access_key_id: '',
  uses_path_style: true,
  keep_last: 7,
  keep_daily: 7,
  keep_weekly: 4,
  keep_monthly: 6,
  password: '',
  private_key: '',
  private_key_passphrase: '',
  secret_access_key: '',
};

export const KINDS: { value: DestinationKind; label: string; description: string }[] = [
  { value: 'folder', label: 'Folder', description: 'Of this machine, such as a mounted disk.' },
  { value: 'sftp', label: 'SFTP', description: 'A folder of another machine, over SSH.' },
  { value: 's3', label: 'S3', description: 'A bucket of Amazon, MinIO, Garage, Backblaze …' },
];

/** What the form begins with: secrets are empty, since they are never shown. */
export function valuesOf(destination: Destination | null): DestinationValues {
  if (destination === null) return EMPTY;
  const { name, kind, is_enabled, folder, host, port, username, host_key } = destination;
  const { endpoint, region, bucket, prefix, access_key_id, uses_path_style } = destination;
  const { keep_last, keep_daily, keep_weekly, keep_monthly } = destination;
  return {
    ...EMPTY,
    ...{ name, kind, is_enabled, folder, host, port, username, host_key },
    ...{ endpoint, region, bucket, prefix, access_key_id, uses_path_style },
    ...{ keep_last, keep_daily, keep_weekly, keep_monthly },
  };
}

/** What is sent: a secret that was left empty stays as it is stored. */
export function toWrite(values: DestinationValues): DestinationWrite {
  return {
    ...values,
    password: values.password || null,
    private_key: values.private_key || null,
    private_key_passphrase: values.private_key_passphrase || null,
    secret_access_key: values.secret_access_key || null,
  };
}
