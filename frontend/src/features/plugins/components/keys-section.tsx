import { Button, Group, NumberInput, Stack, Table, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { splitProblem } from '@/api/field-errors';
import { useMay } from '@/api/session';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { CopyBlock } from '@/components/copy-block';
import { Faces } from '@/components/faces';
import { FormActions } from '@/components/form-actions';
import { RowsSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { keysQuery, useCreateKey, useDeleteKey, type PushKey } from '../api';
import classes from './plugins.module.css';

const example = (key: string) =>
  `curl -fsS ${window.location.origin}/api/plugins/push \\
  -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\
  -d '{"summary": "Backup done", "samples": [{"metric": "backup_duration_seconds", "value": 42, "unit": "s"}]}'`;

function NewKey({ id, onDone }: { id: string; onDone: () => void }) {
  const create = useCreateKey(id);
  const [name, setName] = useState('');
  const [days, setDays] = useState(365);
  if (create.data)
    return (
      <Notice role="status" state="ok" title="Copy the key now: it is never shown again">
        <Stack gap="xs">
          <CopyBlock text={create.data.text} label="the key" />
          <Text size="sm">What a script sends, as an example:</Text>
          <CopyBlock text={example(create.data.text)} label="the example" />
          <Group>
            <Button size="xs" variant="default" onClick={onDone}>
              I have copied it
            </Button>
          </Group>
        </Stack>
      </Notice>
    );
  const split = splitProblem(create.error, ['name', 'expires_in_days']);
  const errors = create.error ? split.fields : {};
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate({ name, expires_in_days: days });
      }}
    >
      <Stack gap="md" maw={480}>
        <TextInput
          label="Name"
          description="What will use it, and where."
          placeholder="backup script on nas"
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={errors['name']}
        />
        <NumberInput
          label="Ends after"
          suffix=" days"
          min={1}
          max={1825}
          value={days}
          onChange={(next) => setDays(Number(next) || 365)}
          error={errors['expires_in_days']}
        />
        <FormActions
          submitLabel="Make the key"
          isBusy={create.isPending}
          error={create.error ? split.rest : null}
          onCancel={onDone}
        />
      </Stack>
    </form>
  );
}

function Keys({ id, keys }: { id: string; keys: readonly PushKey[] }) {
  const [doomed, setDoomed] = useState<PushKey | null>(null);
  const revoke = useDeleteKey(id);
  const mayManage = useMay('plugins:manage');
  return (
    <>
      <div className={classes.scroll} role="region" aria-label="Keys" tabIndex={0}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>Last used</Table.Th>
              <Table.Th>Ends</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {keys.map((key) => (
              <Table.Tr key={key.id}>
                <Table.Td>{key.name}</Table.Td>
                <Table.Td>
                  <RelativeTime at={key.last_used_at} never="never" />
                </Table.Td>
                <Table.Td>
                  <RelativeTime at={key.expires_at} />
                </Table.Td>
                <Table.Td>
                  {mayManage && (
                    <Button size="xs" variant="default" onClick={() => setDoomed(key)}>
                      Revoke
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <ConfirmDialog
        isOpen={doomed !== null}
        onClose={() => setDoomed(null)}
        title={`Revoke the key ${doomed?.name ?? ''}?`}
        confirmLabel="Revoke"
        isDangerous
        isBusy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => {
          if (doomed) revoke.mutate(doomed.id, { onSuccess: () => setDoomed(null) });
        }}
      >
        What pushes with it is refused from now on.
      </ConfirmDialog>
    </>
  );
}

/** Keys with which programs outside push numbers and trouble into this instance. */
export function KeysSection({ id }: { id: string }) {
  const keys = useQuery(keysQuery(id));
  const [isAdding, setAdding] = useState(false);
  const mayManage = useMay('plugins:manage');
  return (
    <Section
      title="Keys to push with"
      actions={
        mayManage &&
        !isAdding && (
          <Button size="xs" onClick={() => setAdding(true)}>
            Make a key
          </Button>
        )
      }
    >
      <Stack gap="md">
        {isAdding && <NewKey id={id} onDone={() => setAdding(false)} />}
        <Faces
          query={keys}
          what="The keys could not be read"
          skeleton={<RowsSkeleton rows={2} />}
          isEmpty={(all) => all.length === 0}
          empty={
            <Text c="dimmed">
              There is no key yet. A program needs one to push numbers and trouble here.
            </Text>
          }
        >
          {(all) => <Keys id={id} keys={all} />}
        </Faces>
      </Stack>
    </Section>
  );
}
