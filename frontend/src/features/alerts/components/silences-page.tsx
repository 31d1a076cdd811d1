import { Button, Group, List, SegmentedControl, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Page, Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { formatDuration, plural } from '@/lib/format';
import type { MaintenanceWindow, Silence } from '../api';
import { OWN_ZONE } from '../local-time';
import { silencesQuery, useDeleteWindow, useEndSilence, windowsQuery } from '../silences-api';
import { tellFailure } from '../tell-failure';
import { inWords } from '../words';
import { SilenceDialog } from './silence-dialog';
import { WindowDialog } from './window-dialog';

const CRUMBS = [{ label: 'Alerts', link: { to: '/alerts' as const } }];
const STATES = ['active', 'coming', 'over'] as const;

function exact(text: string): string {
  return new Date(text).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

function SilenceCard({ silence, onChange }: { silence: Silence; onChange: () => void }) {
  const mayManage = useMay('alerts:manage');
  const end = useEndSilence();
  const isOver = silence.state === 'over';
  return (
    <Notice state={silence.state === 'active' ? 'warning' : 'unknown'} title={silence.reason}>
      <Text size="sm">{silence.matchers.map(inWords).join(', and ')}.</Text>
      <Text size="sm" c="dimmed">
        {silence.author}, {exact(silence.starts_at)} to {exact(silence.ends_at)}
        {silence.state === 'active' && `; keeps ${plural(silence.quiet_now, 'alert')} quiet now`}
        {silence.ended_by && `; ended by ${silence.ended_by}`}.
      </Text>
      {mayManage && !isOver && (
        <Group gap="xs" mt="xs">
          <Button size="xs" variant="default" onClick={onChange}>
            Change
          </Button>
          <Button
            size="xs"
            variant="default"
            loading={end.isPending}
            onClick={() =>
              end.mutate(silence.id, {
                onError: (error) => tellFailure('The silence goes on', error),
              })
            }
          >
            End it now
          </Button>
        </Group>
      )}
    </Notice>
  );
}

function Silences() {
  const [state, setState] = useState<(typeof STATES)[number]>('active');
  const [dialog, setDialog] = useState<{ silence?: Silence } | null>(null);
  const mayManage = useMay('alerts:manage');
  const silences = useQuery(silencesQuery(state));
  return (
    <Section
      title="Silences"
      actions={
        <Group gap="xs">
          <SegmentedControl
            size="xs"
            aria-label="Which silences"
            data={STATES.map((value) => ({ value, label: value }))}
            value={state}
            onChange={(value) => setState(STATES.find((one) => one === value) ?? 'active')}
          />
          {mayManage && (
            <Button size="xs" onClick={() => setDialog({})}>
              Silence alerts
            </Button>
          )}
        </Group>
      }
    >
      <Faces
        query={silences}
        what="The silences could not be read"
        skeleton={<RowsSkeleton rows={3} />}
        isEmpty={(page) => page.total === 0}
        empty={
          <EmptyState title={state === 'over' ? 'No silence is over' : 'No silence'}>
            A silence keeps alerts quiet until a time. What still fires then is told.
          </EmptyState>
        }
      >
        {(page) => (
          <Stack gap="xs">
            {page.items.map((silence) => (
              <SilenceCard
                key={silence.id}
                silence={silence}
                onChange={() => setDialog({ silence })}
              />
            ))}
          </Stack>
        )}
      </Faces>
      <SilenceDialog
        key={dialog?.silence?.id ?? 'new'}
        isOpen={dialog !== null}
        onClose={() => setDialog(null)}
        silence={dialog?.silence}
      />
    </Section>
  );
}

function WindowCard({ window, onChange }: { window: MaintenanceWindow; onChange: () => void }) {
  const mayManage = useMay('alerts:manage');
  const remove = useDeleteWindow();
  const which =
    window.matchers.length === 0 ? 'Every alert' : window.matchers.map(inWords).join(', and ');
  return (
    <Notice
      state={window.is_open ? 'warning' : 'unknown'}
      title={`${window.name}${window.is_open ? ': open now' : ''}${window.is_enabled ? '' : ': off'}`}
    >
      <Text size="sm">
        {which}; for {formatDuration(window.duration_seconds)} from {window.start.slice(11)} in{' '}
        {window.zone}
        {window.rule === '' ? ', once' : ` (${window.rule})`}.
      </Text>
      {window.next.length > 0 && (
        <List size="sm" aria-label={`The next times of ${window.name}`}>
          {window.next.map((span) => (
            <List.Item key={span.start}>
              {exact(span.start)} to {exact(span.end)}{' '}
              <Text span c="dimmed" size="sm">
                (<RelativeTime at={span.start} />)
              </Text>
            </List.Item>
          ))}
        </List>
      )}
      {mayManage && (
        <Group gap="xs" mt="xs">
          <Button size="xs" variant="default" onClick={onChange}>
            Change
          </Button>
          <Button
            size="xs"
            variant="default"
            loading={remove.isPending}
            onClick={() =>
              remove.mutate(window.id, {
                onError: (error) => tellFailure('The window stays', error),
              })
            }
          >
            Delete
          </Button>
        </Group>
      )}
    </Notice>
  );
}

function Windows() {
  const [dialog, setDialog] = useState<{ window?: MaintenanceWindow } | null>(null);
  const mayManage = useMay('alerts:manage');
  const windows = useQuery(windowsQuery);
  return (
    <Section
      title="Maintenance windows"
      actions={
        mayManage && (
          <Button size="xs" onClick={() => setDialog({})}>
            Add a window
          </Button>
        )
      }
    >
      <Text size="sm" c="dimmed" mb="xs">
        Times are shown in your time zone, {OWN_ZONE}.
      </Text>
      <Faces
        query={windows}
        what="The windows could not be read"
        skeleton={<RowsSkeleton rows={3} />}
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState title="No window">
            A window opens by the clock, once or again and again, and keeps alerts quiet while
            something is being worked on.
          </EmptyState>
        }
      >
        {(list) => (
          <Stack gap="xs">
            {list.map((window) => (
              <WindowCard key={window.id} window={window} onChange={() => setDialog({ window })} />
            ))}
          </Stack>
        )}
      </Faces>
      <WindowDialog
        key={dialog?.window?.id ?? 'new'}
        isOpen={dialog !== null}
        onClose={() => setDialog(null)}
        window={dialog?.window}
      />
    </Section>
  );
}

/** What is kept quiet, by whom, until when; and what will be. */
export function SilencesPage() {
  return (
    <Page
      title="Silences and windows"
      crumbs={CRUMBS}
      subtitle="What nobody is told of, until when, and why."
    >
      <Silences />
      <Windows />
    </Page>
  );
}
