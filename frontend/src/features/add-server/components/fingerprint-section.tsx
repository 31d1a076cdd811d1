import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { OfferedKey } from '@/api/reports';
import { CopyBlock } from '@/components/copy-block';
import { Notice } from '@/components/notice';
import { hostKeyFile } from '../place';
import classes from './wizard-section.module.css';

interface FingerprintSectionProps {
  hostKey: OfferedKey;
  host: string;
  onApprove: () => void;
}

/** The one moment when a person decides whether this is their machine. Nothing secret was sent yet. */
export function FingerprintSection({ hostKey, host, onApprove }: FingerprintSectionProps) {
  const [typed, setTyped] = useState('');
  const [isOther, setIsOther] = useState(false);
  const seen = typed.trim();
  const isSame = seen.includes(hostKey.fingerprint);
  return (
    <Stack gap="md">
      <Text>
        {host} showed a host key of the kind {hostKey.algorithm} with this fingerprint:
      </Text>
      <output className={classes.fingerprint} aria-label="Fingerprint">
        {hostKey.fingerprint}
      </output>
      <div>
        <Text mb={8}>
          To compare, log in to the machine in a way you trust (its own screen, or the console of
          its host) and type:
        </Text>
        <CopyBlock
          text={`ssh-keygen -lf ${hostKeyFile(hostKey.algorithm)}`}
          label="the command that prints the fingerprint"
        />
      </div>
      <TextInput
        label="Let Unity compare"
        description="Paste what the command printed; or compare by eye and leave this empty."
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        error={seen && !isSame ? 'This is another fingerprint. Do not approve it.' : null}
      />
      {seen && isSame && (
        <Notice state="ok" role="status" title="Both are the same.">
          It is your machine, and nobody is in between.
        </Notice>
      )}
      {isOther && (
        <Notice state="critical" role="alert" title="Then do not go on.">
          Something else answers at this address: another machine that got it, a wrong port, or
          somebody in between. Unity has sent no password and no key. Check the address, and look
          for it again.
        </Notice>
      )}
      <Group gap="xs">
        <Button onClick={onApprove} disabled={seen !== '' && !isSame}>
          They are the same: approve
        </Button>
        <Button variant="default" onClick={() => setIsOther(true)}>
          They differ
        </Button>
      </Group>
    </Stack>
  );
}
