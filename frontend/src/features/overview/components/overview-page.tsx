import { Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { overviewQuery, type Overview } from '@/api/overview';
import { useMay } from '@/api/session';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { SERVER_STATES } from '@/components/server-status';
import { StatusMark } from '@/components/status-badge';
import { Changes } from './changes';
import classes from './overview.module.css';
import { ProblemList } from './problem-list';
import { ServerTile } from './server-tile';

const STATUSES = ['offline', 'degraded', 'unknown', 'online', 'disabled'] as const;

function Totals({ totals }: { totals: Overview['totals'] }) {
  return (
    <ul className={classes.totals} aria-label="Servers by status">
      {STATUSES.filter((status) => totals[status]).map((status) => (
        <li key={status}>
          <Link to="/servers" search={{ status }} className={classes.total}>
            <StatusMark state={SERVER_STATES[status]} />
            {totals[status]} {status}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function AddServer({ variant = 'filled' }: { variant?: 'filled' | 'default' }) {
  if (!useMay('servers:manage')) return null;
  return (
    <Button variant={variant} renderRoot={(props) => <Link to="/servers/add" {...props} />}>
      Add a server
    </Button>
  );
}

function Skeleton() {
  return (
    <Stack gap="md">
      <CardSkeleton height={96} />
      <ul className={classes.tiles}>
        {Array.from({ length: 4 }, (_, index) => (
          <li key={index}>
            <CardSkeleton height={250} />
          </li>
        ))}
      </ul>
    </Stack>
  );
}

function Fleet({ overview }: { overview: Overview }) {
  const { problems, servers, changes } = overview;
  const total = Object.values(overview.problem_counts).reduce((sum, count) => sum + count, 0);
  return (
    <div className={classes.columns}>
      <Stack gap="md">
        <Section title={problems.length > 0 ? 'Wrong now' : 'Nothing is wrong'}>
          {problems.length > 0 ? (
            <ProblemList problems={problems} total={total} />
          ) : (
            <Text c="dimmed">All servers answer, every fact was read, and no alert is firing.</Text>
          )}
        </Section>
        <ul className={classes.tiles} aria-label="Servers">
          {servers.map((tile) => (
            <ServerTile key={tile.id} tile={tile} />
          ))}
        </ul>
      </Stack>
      <Section title="Changed in the last 24 hours">
        <Changes changes={changes} />
      </Section>
    </div>
  );
}

/** What is wrong now, then every server at a glance, then what changed. */
export function OverviewPage() {
  const query = useQuery(overviewQuery);
  const hasServers = (query.data?.servers.length ?? 0) > 0;
  return (
    <Page
      title="Overview"
      subtitle={query.data && hasServers && <Totals totals={query.data.totals} />}
      actions={hasServers && <AddServer variant="default" />}
    >
      <Faces
        query={query}
        what="The overview could not be read"
        skeleton={<Skeleton />}
        isEmpty={({ servers }) => servers.length === 0}
        empty={
          <EmptyState title="No servers yet" action={<AddServer />}>
            Unity watches machines over SSH, without an agent. Here stands what is wrong with them,
            then each of them at a glance. It is empty because none has been added.
          </EmptyState>
        }
      >
        {(overview) => <Fleet overview={overview} />}
      </Faces>
    </Page>
  );
}
