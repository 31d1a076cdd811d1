import { Button, Menu } from '@mantine/core';
import { IconTool } from '@tabler/icons-react';
import { useMay } from '@/api/session';
import type { Alert } from '../api';
import { fromNow } from '../local-time';
import { useMaintenance } from '../silences-api';
import { tellFailure } from '../tell-failure';

const HOUR = 3_600_000;
const SPANS: readonly (readonly [string, number])[] = [
  ['1 hour', HOUR],
  ['4 hours', 4 * HOUR],
  ['1 day', 24 * HOUR],
];

/** Keeps a machine quiet, and all that hangs on it, while somebody works on it. */
export function MaintenanceMenu({ alert }: { alert: Alert }) {
  const may = useMay('resources:manage');
  const set = useMaintenance(alert.server_id ?? alert.resource_id);
  if (!may) return null;
  const name = alert.server_name || alert.resource_name;
  const until = (milliseconds: number | null) =>
    set.mutate(
      { until: milliseconds === null ? null : fromNow(milliseconds), reason: alert.title },
      { onError: (error) => tellFailure(`${name} is as before`, error) },
    );
  return (
    <Menu>
      <Menu.Target>
        <Button
          variant="default"
          loading={set.isPending}
          leftSection={<IconTool size={16} aria-hidden />}
        >
          Maintenance
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{name} and all that hangs on it</Menu.Label>
        {SPANS.map(([word, milliseconds]) => (
          <Menu.Item key={word} onClick={() => until(milliseconds)}>
            For {word}
          </Menu.Item>
        ))}
        <Menu.Item onClick={() => until(null)}>End it now</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
