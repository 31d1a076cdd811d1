import { Button, Group, Text } from '@mantine/core';
import { useScan } from '../api';

/** Looks for plugins that were installed since. */
export function ScanButton() {
  const scan = useScan();
  return (
    <Group gap="xs">
      <Text size="sm" role="status" c={scan.error ? 'red.8' : 'dimmed'}>
        {scan.error ? 'It could not be asked for.' : scan.isSuccess ? 'Unity looks for them.' : ''}
      </Text>
      <Button size="xs" variant="default" loading={scan.isPending} onClick={() => scan.mutate()}>
        Look for plugins
      </Button>
    </Group>
  );
}
