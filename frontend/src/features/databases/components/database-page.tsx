import { Button, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useMay } from '@/api/session';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Marked } from '@/components/marked';
import { Page, Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { formatBytes, NOT_KNOWN } from '@/lib/format';
import {
  databaseQuery,
  KINDS,
  STATE_WORDS,
  stateOf,
  useCheck,
  useForgetDatabase,
  type DatabaseDetail,
} from '../api';
import { DatabaseCharts } from './database-charts';
import { DatabaseFigures, DatabaseTables } from './database-figures';
import { DatabaseLoginSection } from './database-login';
import { reasonOf } from './databases-columns';
import classes from './databases.module.css';

function Reason({ database }: { database: DatabaseDetail }) {
  const reason = reasonOf(database);
  if (!reason) return null;
  return (
    <Section title="What is wrong">
      <p className={classes.reason}>
        <StatusBadge state={stateOf(database.state)}>{reason}</StatusBadge>
      </p>
      <Text size="sm">
        <Marked text={database.fix} />
      </Text>
    </Section>
  );
}

function Facts({ database }: { database: DatabaseDetail }) {
  return (
    <Section title="What it is">
      <Stack gap="xs">
        <FactList
          facts={[
            ['Engine', `${KINDS[database.kind]} ${database.version}`.trim()],
            ['Role', database.role || NOT_KNOWN],
            ['Size', formatBytes(database.size_bytes)],
            ['Answers at', database.doors.join(', ') || 'nowhere that its machine can reach'],
            ['Data', database.host_path || database.data_path || NOT_KNOWN],
            ['On the file system', database.mountpoint || NOT_KNOWN],
            ['Container', database.container || 'none'],
            ['Numbers read', <RelativeTime key="read" at={database.last_read_at} />],
            ['Process seen', <RelativeTime key="seen" at={database.last_seen_at} />],
            ['First seen', <RelativeTime key="first" at={database.first_seen_at} />],
          ]}
        />
        {database.notes.map((note) => (
          <Text key={note} size="sm" c="dimmed">
            {note}
          </Text>
        ))}
      </Stack>
    </Section>
  );
}

function Check({ database }: { database: DatabaseDetail }) {
  const check = useCheck(database.id);
  if (!useMay('servers:collect') || database.missing_since) return null;
  return (
    <>
      {check.error && <ProblemAlert error={check.error} />}
      <Button variant="default" loading={check.isPending} onClick={() => check.mutate()}>
        Read now
      </Button>
    </>
  );
}

function Forget({ database }: { database: DatabaseDetail }) {
  const [isOpen, setOpen] = useState(false);
  const forget = useForgetDatabase();
  const navigate = useNavigate();
  if (!useMay('servers:manage') || !database.missing_since) return null;
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        Forget
      </Button>
      <ConfirmDialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={`Forget ${database.name}?`}
        confirmLabel="Forget"
        isBusy={forget.isPending}
        error={forget.error}
        onConfirm={() =>
          forget.mutate(database.id, { onSuccess: () => void navigate({ to: '/databases' }) })
        }
      >
        Its history here goes. Nothing is done to the machine; should the database run again, it
        comes back.
      </ConfirmDialog>
    </>
  );
}

/** One database: how it is, what it stands on, its login and its numbers. */
export function DatabasePage({ databaseId, around }: { databaseId: string; around?: ReactNode }) {
  const query = useQuery(databaseQuery(databaseId));
  return (
    <Faces
      query={query}
      what="The database could not be read"
      skeleton={<RowsSkeleton rows={10} />}
    >
      {(database) => (
        <Page
          title={database.name}
          crumbs={[{ label: 'Databases', link: { to: '/databases' } }]}
          status={
            <StatusBadge state={stateOf(database.state)} reason={reasonOf(database)} variant="soft">
              {STATE_WORDS[database.state]}
            </StatusBadge>
          }
          subtitle={
            <>
              {[`${KINDS[database.kind]} ${database.version}`.trim(), database.role]
                .filter(Boolean)
                .join(', ')}{' '}
              on{' '}
              <Link to="/servers/$serverId" params={{ serverId: database.server_id }}>
                {database.server_name}
              </Link>
            </>
          }
          actions={
            <>
              <Check database={database} />
              <Forget database={database} />
            </>
          }
        >
          <Reason database={database} />
          {database.state === 'needs_credentials' && <DatabaseLoginSection database={database} />}
          <DatabaseCharts database={database} />
          <DatabaseFigures database={database} />
          <DatabaseTables database={database} />
          {around}
          <Facts database={database} />
          {database.state !== 'needs_credentials' && <DatabaseLoginSection database={database} />}
        </Page>
      )}
    </Faces>
  );
}
