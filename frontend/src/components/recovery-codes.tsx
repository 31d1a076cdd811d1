import { Button, Group, Stack, Text } from '@mantine/core';
import { CopyBlock } from './copy-block';
import { Notice } from './notice';

interface RecoveryCodesProps {
  codes: string[];
  onKept: () => void;
}

/** The one time that the codes are seen. */
export function RecoveryCodes({ codes, onKept }: RecoveryCodesProps) {
  return (
    <Stack gap="md">
      <Notice state="warning" title="Keep these codes now" role="status">
        They are shown this one time. Each lets you in once when the app is lost; keep them apart
        from the telephone.
      </Notice>
      <CopyBlock text={codes.join('\n')} label="the recovery codes" />
      <Text size="sm" c="dimmed">
        You can make new ones at any time; these then count no longer.
      </Text>
      <Group justify="flex-end">
        <Button onClick={onKept}>I have kept them</Button>
      </Group>
    </Stack>
  );
}
