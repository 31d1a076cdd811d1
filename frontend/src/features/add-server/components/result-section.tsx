import { Button, Group, List, Stack, Text, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useEffectEvent } from 'react';
import { Checks } from '@/components/checks';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { SERVER_STATES } from '@/components/server-status';
import { plural } from '@/lib/format';
import { collectNow, enableServer, serverQuery, troublesQuery, type Server } from '../api';
import { useCheckRun } from '../hooks/use-check-run';

interface ResultSectionProps {
  server: Server;
  onAgain: () => void;
}

/** Switches the collection on, collects once, and says what came of it. */
export function ResultSection({ server, onAgain }: ResultSectionProps) {
  const { checks, isBusy, failure, start } = useFirstCollection(server);
  const begin = useEffectEvent(() => void start());
  useEffect(() => begin(), []);
  return (
    <Stack gap="md">
      <Checks checks={checks} label="The first collection" />
      {failure && (
        <Group>
          <Button onClick={() => void start()}>Try again</Button>
        </Group>
      )}
      {!isBusy && checks.length > 0 && !failure && <Outcome serverId={server.id} />}
      <Group gap="xs">
        {!isBusy && (
          <Button
            renderRoot={(props) => (
              <Link to="/servers/$serverId" params={{ serverId: server.id }} {...props} />
            )}
          >
            Open {server.name}
          </Button>
        )}
        {!isBusy && (
          <Button variant="default" onClick={onAgain}>
            Add another server
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function useFirstCollection(server: Server) {
  const client = useQueryClient();
  const { checks, isBusy, failure, run } = useCheckRun();
  const start = async () => {
    await run([
      {
        name: 'enable',
        label: 'Switch the collection on',
        act: async () => {
          if (!server.is_enabled)
            client.setQueryData(serverQuery(server.id).queryKey, await enableServer(server.id));
          return 'It is collected from now on.';
        },
      },
      {
        name: 'collect',
        label: 'Collect once',
        act: async () => (await collectNow(server.id)).reason,
      },
    ]);
    await client.invalidateQueries({ queryKey: ['servers'] });
    await client.invalidateQueries({ queryKey: ['overview'] });
  };
  return { checks, isBusy, failure, start };
}

function Outcome({ serverId }: { serverId: string }) {
  const facts = useQuery(troublesQuery(serverId));
  return (
    <Faces
      query={facts}
      what="What was read could not be shown"
      skeleton={<RowsSkeleton rows={3} />}
    >
      {({ status, reason, fix, facts }) => {
        const read = facts.filter((fact) => fact.read_at !== null);
        const failed = facts.filter((fact) => fact.trouble && fact.trouble !== 'absent');
        const later = facts.filter((fact) => fact.read_at === null && fact.trouble === null);
        const absent = facts.filter((fact) => fact.trouble === 'absent');
        return (
          <Stack gap="md">
            <Notice
              state={SERVER_STATES[status]}
              role="status"
              title={`The server is ${status}. ${reason}`}
            >
              {fix || `${plural(read.length, 'fact')} read.`}
              {later.length > 0 &&
                ` Read less often, and so not yet: ${later.map((fact) => fact.title).join(', ')}.`}
            </Notice>
            {failed.length > 0 && (
              <div>
                <Title order={3}>What could not be read</Title>
                <List size="sm">
                  {failed.map((fact) => (
                    <List.Item key={fact.fact}>
                      <b>{fact.title}:</b> {fact.detail} {fact.fix}
                    </List.Item>
                  ))}
                </List>
              </div>
            )}
            {absent.length > 0 && (
              <Text size="sm" c="dimmed">
                Not there on this machine: {absent.map((fact) => fact.title).join(', ')}.
              </Text>
            )}
          </Stack>
        );
      }}
    </Faces>
  );
}
