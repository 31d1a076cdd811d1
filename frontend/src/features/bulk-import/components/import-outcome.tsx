import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Section } from '@/components/page';
import { ServerStatusBadge } from '@/components/server-status';
import { plural } from '@/lib/format';
import { enteredQuery, type ImportResult } from '../api';
import classes from './lines.module.css';
import { PendingHostKey } from './pending-host-key';
import { Verdict } from './verdict';

interface ImportOutcomeProps {
  result: ImportResult;
  onAgain: () => void;
}

/** What was entered, what was not and why, and the host keys that wait for somebody. */
export function ImportOutcome({ result, onAgain }: ImportOutcomeProps) {
  const wrong = result.plan.lines.filter((line) => line.verdict === 'invalid');
  return (
    <Stack gap="md">
      <Notice
        state={result.entered > 0 ? 'ok' : 'warning'}
        role="status"
        title={`${plural(result.entered, 'server')} entered.`}
      >
        {result.entered > 0
          ? 'Each shows its host key at the first contact; nothing secret is sent to it before you approve that key.'
          : 'No line of the text was new and valid.'}
      </Notice>
      {result.entered > 0 && <Entered ids={result.server_ids} />}
      {wrong.length > 0 && (
        <Section title="Not entered">
          <Stack gap={6}>
            {wrong.map((line) => (
              <Text key={`${line.line}-${line.name}`} size="sm">
                <Verdict verdict={line.verdict} /> Line {line.line}, {line.name}: {line.note}
              </Text>
            ))}
          </Stack>
        </Section>
      )}
      <Group>
        <Button variant="default" onClick={onAgain}>
          Import more
        </Button>
      </Group>
    </Stack>
  );
}

function Entered({ ids }: { ids: readonly string[] }) {
  const query = useQuery(enteredQuery(ids));
  return (
    <Section title="Entered">
      <Faces
        query={query}
        what="What became of the servers could not be read"
        skeleton={<RowsSkeleton rows={Math.min(ids.length, 8)} />}
      >
        {(servers) => (
          <ul className={classes.list} aria-label="Entered servers">
            {servers.map((server) => (
              <li key={server.id} className={classes.server}>
                <ServerStatusBadge status={server.status} reason={server.reason} />
                <Link to="/servers/$serverId" params={{ serverId: server.id }}>
                  {server.name}
                </Link>
                {server.reason_kind === 'host_key_unknown' ? (
                  <PendingHostKey serverId={server.id} serverName={server.name} />
                ) : (
                  <Text size="sm" c="dimmed">
                    {server.reason} {server.fix}
                  </Text>
                )}
              </li>
            ))}
          </ul>
        )}
      </Faces>
    </Section>
  );
}
