import { Drawer, Stack, Table } from '@mantine/core';
import { CopyBlock } from '@/components/copy-block';
import { FactList } from '@/components/fact-list';
import { PathLink } from '@/components/path-link';
import { formatExact } from '@/lib/format';
import { objectOf, type AuditEntry } from '../api';

function Details({ entry }: { entry: AuditEntry }) {
  const facts: [string, React.ReactNode][] = [
    ['When', formatExact(new Date(entry.at))],
    ['Who', `${entry.actor_name} (${entry.actor_kind})`],
    ['From', entry.address ?? 'this machine'],
    ['What', entry.action],
    ['Result', entry.result],
    ['On', <ObjectLink key="on" entry={entry} />],
  ];
  if (entry.reason) facts.push(['Reason', entry.reason]);
  if (entry.request_id) facts.push(['Request', <code key="request">{entry.request_id}</code>]);
  facts.push(['Hash', <code key="hash">{entry.h}</code>]);
  return <FactList facts={facts} />;
}

// Where things of a kind have a page; `$` stands for the id.
const PAGES: Record<string, string> = {
  alert: '/alerts/$',
  credential: '/credentials/logins/$',
  group: '/system/groups/$',
  identity_provider: '/system/sign-on/$',
  job_run: '/system/runs/$',
  server: '/servers/$',
  ssh_key: '/credentials/ssh-keys/$',
  storage_device: '/storage/devices/$',
  storage_pool: '/storage/pools/$',
  user: '/system/users/$',
};

/** What it is about; there is no page any more of what was deleted. */
function ObjectLink({ entry }: { entry: AuditEntry }) {
  const page = PAGES[entry.object_kind];
  const text = objectOf(entry);
  if (page === undefined || entry.object_id === null || entry.action.endsWith('.deleted'))
    return <>{text}</>;
  return <PathLink path={page.replace('$', entry.object_id)}>{text}</PathLink>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const inWords = (value: unknown) => (value === undefined ? '–' : JSON.stringify(value));

/** What an edit has changed, field by field. */
function Changes({ entry }: { entry: AuditEntry }) {
  const { before, after } = entry.details;
  if (!isRecord(before) || !isRecord(after)) return null;
  const fields = Object.keys({ ...before, ...after });
  const changed = fields.filter((name) => inWords(before[name]) !== inWords(after[name]));
  if (changed.length === 0) return null;
  return (
    <Table aria-label="What was changed" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Field</Table.Th>
          <Table.Th>Before</Table.Th>
          <Table.Th>After</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody style={{ overflowWrap: 'anywhere' }}>
        {changed.map((name) => (
          <Table.Tr key={name}>
            <Table.Td>{name}</Table.Td>
            <Table.Td>{inWords(before[name])}</Table.Td>
            <Table.Td>{inWords(after[name])}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** Everything that the log keeps of one entry. */
export function EntryDialog({ entry, onClose }: { entry: AuditEntry | null; onClose: () => void }) {
  const hasValues = entry !== null && Object.keys(entry.details).length > 0;
  return (
    <Drawer
      opened={entry !== null}
      onClose={onClose}
      title={`Entry ${entry?.seq ?? ''}`}
      position="right"
      size="lg"
    >
      {entry && (
        <Stack gap="md">
          <Details entry={entry} />
          <Changes entry={entry} />
          {hasValues && (
            <CopyBlock text={JSON.stringify(entry.details, null, 2)} label="the details" />
          )}
        </Stack>
      )}
    </Drawer>
  );
}
