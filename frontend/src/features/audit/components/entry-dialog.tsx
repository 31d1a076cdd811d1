import { Modal, Stack } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { CopyBlock } from '@/components/copy-block';
import { FactList } from '@/components/fact-list';
import { formatExact } from '@/lib/format';
import type { AuditEntry } from '../api';

function Details({ entry }: { entry: AuditEntry }) {
  const facts: [string, React.ReactNode][] = [
    ['When', formatExact(new Date(entry.at))],
    ['Who', `${entry.actor_name} (${entry.actor_kind})`],
    ['From', entry.address ?? 'this machine'],
    ['What', entry.action],
    ['On', <ObjectLink key="on" entry={entry} />],
  ];
  if (entry.reason) facts.push(['Reason', entry.reason]);
  if (entry.request_id) facts.push(['Request', <code key="request">{entry.request_id}</code>]);
  facts.push(['Hash', <code key="hash">{entry.h}</code>]);
  return <FactList facts={facts} />;
}

function ObjectLink({ entry }: { entry: AuditEntry }) {
  const text = `${entry.object_kind} ${entry.object_name}`;
  if (entry.object_kind === 'user' && entry.object_id !== null)
    return (
      <Link to="/system/users/$userId" params={{ userId: entry.object_id }}>
        {text}
      </Link>
    );
  return <>{text}</>;
}

/** Everything that the log keeps of one entry. */
export function EntryDialog({ entry, onClose }: { entry: AuditEntry | null; onClose: () => void }) {
  const hasValues = entry !== null && Object.keys(entry.details).length > 0;
  return (
    <Modal opened={entry !== null} onClose={onClose} title={`Entry ${entry?.seq ?? ''}`} size="lg">
      {entry && (
        <Stack gap="md">
          <Details entry={entry} />
          {hasValues && (
            <CopyBlock text={JSON.stringify(entry.details, null, 2)} label="the details" />
          )}
        </Stack>
      )}
    </Modal>
  );
}
