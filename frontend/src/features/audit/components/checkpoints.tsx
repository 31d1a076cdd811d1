import { Box, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { CopyBlock } from '@/components/copy-block';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { Item, ItemList } from '@/components/item-list';
import { CardSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { plural } from '@/lib/format';
import {
  checkpointsQuery,
  sinksQuery,
  useAddSink,
  useDeleteSink,
  useRetrySink,
  useSwitchSink,
  type Sink,
  type SinkWrite,
} from '../api';

const KINDS: { value: SinkWrite['kind']; label: string; example: string }[] = [
  { value: 'file', label: 'File', example: '/var/log/unity-checkpoints.jsonl' },
  { value: 'syslog_tls', label: 'Syslog over TLS', example: 'logs.example.org:6514' },
  { value: 'syslog_tcp', label: 'Syslog over TCP', example: 'logs.example.org:601' },
  { value: 'syslog_udp', label: 'Syslog over UDP', example: 'logs.example.org:514' },
  { value: 'webhook', label: 'Webhook', example: 'https://example.org/checkpoints' },
];
const labelOf = (kind: string) => KINDS.find(({ value }) => value === kind)?.label ?? kind;

function State({ sink }: { sink: Sink }) {
  if (!sink.is_enabled) return <StatusBadge state="unknown">switched off</StatusBadge>;
  if (sink.state === 'sent') return <StatusBadge state="ok">has the newest</StatusBadge>;
  if (sink.state === null) return <StatusBadge state="unknown">nothing sent yet</StatusBadge>;
  return (
    <StatusBadge state={sink.state === 'waiting' ? 'warning' : 'critical'}>
      {sink.state === 'waiting' ? 'on its way' : 'given up'}
    </StatusBadge>
  );
}

function SinkRow({ sink }: { sink: Sink }) {
  const [retry, change, remove] = [useRetrySink(), useSwitchSink(), useDeleteSink()];
  const error = retry.error ?? change.error ?? remove.error;
  return (
    <Item
      name={sink.name}
      note={`${labelOf(sink.kind)}: ${sink.target}`}
      facts={[
        <State key="state" sink={sink} />,
        <RelativeTime key="sent" at={sink.last_sent_at} never="never sent" />,
      ]}
      actions={
        <>
          {sink.waiting + sink.failed > 0 && (
            <Button size="xs" variant="default" onClick={() => retry.mutate(sink)}>
              Send again
            </Button>
          )}
          <Button size="xs" variant="default" onClick={() => change.mutate(sink)}>
            {sink.is_enabled ? 'Switch off' : 'Switch on'}
          </Button>
          <Button
            size="xs"
            variant="default"
            aria-label={`Forget ${sink.name}`}
            onClick={() => remove.mutate(sink)}
          >
            Forget
          </Button>
        </>
      }
    >
      {sink.error && <Text size="xs">{sink.error}</Text>}
      {error && <ProblemAlert what="Nothing was changed" error={error} />}
    </Item>
  );
}

function AddSink() {
  const [kind, setKind] = useState<SinkWrite['kind']>('file');
  const [name, setName] = useState('');
  const [target, setTarget] = useState('');
  const add = useAddSink();
  const chosen = KINDS.find(({ value }) => value === kind);
  const clear = () => {
    setName('');
    setTarget('');
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate({ name, kind, target, is_enabled: true }, { onSuccess: clear });
      }}
    >
      <Group align="end" gap="xs">
        <TextInput
          label="Name"
          required
          withAsterisk={false}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NativeSelect
          label="Kind"
          data={KINDS}
          value={kind}
          onChange={(event) => {
            const found = KINDS.find(({ value }) => value === event.currentTarget.value);
            if (found) setKind(found.value);
          }}
        />
        <TextInput
          label="Where"
          required
          withAsterisk={false}
          placeholder={chosen?.example}
          value={target}
          onChange={(event) => setTarget(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={add.isPending}>
          Add the place
        </Button>
      </Group>
      {add.error && <ProblemAlert what="The place was not added" error={add.error} />}
    </form>
  );
}

function Places() {
  const sinks = useQuery(sinksQuery);
  return (
    <Faces
      query={sinks}
      what="The places could not be read"
      skeleton={<CardSkeleton height={80} />}
    >
      {(found) => (
        <Stack gap="sm">
          {found.length === 0 ? (
            <Notice state="warning" title="No place outside of Unity keeps the checkpoints">
              Who controls this machine could rewrite the log and sign it anew. A copy elsewhere
              shows it.
            </Notice>
          ) : (
            <ItemList label="Places that keep checkpoints">
              {found.map((sink) => (
                <SinkRow key={sink.id} sink={sink} />
              ))}
            </ItemList>
          )}
          <AddSink />
        </Stack>
      )}
    </Faces>
  );
}

/** Whether the log is attested by signatures, and who else has them. */
export function Checkpoints() {
  const status = useQuery(checkpointsQuery);
  const mayManage = useMay('settings:manage');
  return (
    <Section
      title="Checkpoints"
      actions={
        <Button
          component="a"
          href="/api/audit/checkpoints/export"
          download
          variant="default"
          size="xs"
        >
          Export checkpoints
        </Button>
      }
    >
      <Faces
        query={status}
        what="The checkpoints could not be read"
        skeleton={<CardSkeleton height={80} />}
      >
        {({ checkpoints, keys, entries_since }) => (
          <Stack gap="sm">
            <FactList
              facts={[
                [
                  'Last signed',
                  checkpoints[0] ? <RelativeTime key="at" at={checkpoints[0].at} /> : 'never',
                ],
                ['Covers', checkpoints[0] ? plural(checkpoints[0].count, 'entry', 'entries') : '–'],
                ['Written since', plural(entries_since, 'entry', 'entries')],
              ]}
            />
            {keys.map((key) => (
              <div key={key.name}>
                <Text size="sm" fw={600}>
                  Public key {key.name}
                </Text>
                <Text size="xs" c="dimmed" mb={4}>
                  Keep it with the checkpoints: with both, unity audit verify proves the log.
                </Text>
                <CopyBlock text={key.public} label={`the public key ${key.name}`} />
              </div>
            ))}
          </Stack>
        )}
      </Faces>
      {mayManage && (
        <Box mt="md">
          <Places />
        </Box>
      )}
    </Section>
  );
}
