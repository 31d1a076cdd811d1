import { Button, List, Menu, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { RelativeTime } from '@/components/relative-time';
import { StatusMark } from '@/components/status-badge';
import { useNow } from '@/hooks/use-now';
import { formatDuration } from '@/lib/format';
import type { State as BadgeState } from '@/lib/states';
import {
  instanceQuery,
  openAlertsQuery,
  pluginQuery,
  useDeleteInstance,
  useRunNow,
  useSwitch,
  type Alert,
  type InstanceDetail,
} from '../api';
import { valueInWords } from '../words';
import { DataPages } from './data-pages';
import { saveDiagnostics } from './diagnostics';
import { InstanceCharts } from './instance-charts';
import { InstanceForm } from './instance-form';
import { InstanceBadge } from './instances-columns';
import { KeysSection } from './keys-section';
import { LogSection, RunsSection } from './runs-section';
import { Trouble } from './trouble';

const isPush = ({ plugin }: InstanceDetail) => plugin === 'push';

const MARKS: Record<Alert['severity'], BadgeState> = {
  critical: 'critical',
  warning: 'warning',
  info: 'unknown',
};

/** What it found to be wrong with what it watches. */
function Alerts({ id }: { id: string }) {
  const found = (useQuery(openAlertsQuery).data ?? []).filter((alert) => alert.resource_id === id);
  if (found.length === 0) return null;
  return (
    <Section title="What is wrong">
      <List listStyleType="none" spacing="xs">
        {found.map((alert) => (
          <List.Item
            key={alert.id}
            icon={<StatusMark state={MARKS[alert.severity]} label={alert.severity} />}
          >
            <Link to="/alerts/$alertId" params={{ alertId: alert.id }}>
              {alert.title}
            </Link>
            <Text size="sm">
              {alert.message} {alert.fix}
            </Text>
          </List.Item>
        ))}
      </List>
    </Section>
  );
}

/** Unity looks every ten seconds who is due, so a moment that has come is not yet a run. */
function NextRun({ at }: { at: string | null }) {
  const now = useNow();
  if (at !== null && Date.parse(at) <= now.getTime()) return 'in a moment';
  return <RelativeTime at={at} />;
}

function State({ instance }: { instance: InstanceDetail }) {
  const server =
    instance.server_id === null ? (
      'none'
    ) : (
      <Link key="server" to="/servers/$serverId" params={{ serverId: instance.server_id }}>
        {instance.server_name}
      </Link>
    );
  const plugin = (
    <Link key="plugin" to="/system/plugins/gallery/$name" params={{ name: instance.plugin }}>
      {instance.plugin_title}
    </Link>
  );
  return (
    <Section title="State">
      <FactList
        facts={[
          ['Found', instance.summary || 'nothing yet'],
          ['Plugin', plugin],
          ['Server', server],
          ['Last run', <RelativeTime key="last" at={instance.last_run_at} never="never" />],
          ['Last well', <RelativeTime key="ok" at={instance.last_ok_at} never="never" />],
          ...(isPush(instance)
            ? []
            : ([
                ['Next run', <NextRun key="next" at={instance.next_due_at} />],
                ['Runs every', formatDuration(instance.every_seconds)],
                ['Took', formatDuration(instance.took_ms / 1000)],
              ] as const)),
          ...instance.facts.map(
            (fact) => [fact.label, valueInWords(fact.value, 'text', fact.unit)] as const,
          ),
        ]}
      />
    </Section>
  );
}

function Actions({ instance, onEdit, onDelete }: ActionsProps) {
  const run = useRunNow(instance.id);
  const change = useSwitch(instance.id);
  const mayRun = useMay('plugins:run');
  const mayManage = useMay('plugins:manage');
  return (
    <>
      {mayRun && !isPush(instance) && (
        <Button loading={run.isPending} onClick={() => run.mutate()}>
          Run now
        </Button>
      )}
      {mayRun && (
        <Button
          variant="default"
          loading={change.isPending}
          onClick={() => change.mutate(!instance.is_enabled)}
        >
          {instance.is_enabled ? 'Switch off' : 'Switch on'}
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default">More</Button>
        </Menu.Target>
        <Menu.Dropdown>
          {mayManage && <Menu.Item onClick={onEdit}>Change</Menu.Item>}
          <Menu.Item onClick={() => void saveDiagnostics(instance)}>Save diagnostics</Menu.Item>
          {mayManage && (
            <Menu.Item color="red.8" onClick={onDelete}>
              Delete
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {(run.error ?? change.error) && <ProblemAlert error={run.error ?? change.error} />}
    </>
  );
}

interface ActionsProps {
  instance: InstanceDetail;
  onEdit: () => void;
  onDelete: () => void;
}

interface InstancePageProps {
  id: string;
  onDeleted: () => void;
}

/** One thing that a plugin watches: how it is, what it measured, how its runs went. */
export function InstancePage({ id, onDeleted }: InstancePageProps) {
  const query = useQuery(instanceQuery(id));
  const instance = query.data;
  const plugin = useQuery({
    ...pluginQuery(instance?.plugin ?? ''),
    enabled: instance !== undefined,
  }).data;
  const seesAlerts = useMay('alerts:read');
  const [isEditing, setEditing] = useState(false);
  const [isDoomed, setDoomed] = useState(false);
  const remove = useDeleteInstance(id);
  return (
    <Page
      title={instance?.name ?? 'Plugin'}
      crumbs={[
        { label: 'System', link: { to: '/system' } },
        { label: 'Plugins', link: { to: '/system/plugins' } },
      ]}
      status={instance && <InstanceBadge instance={instance} soft />}
      actions={
        instance && (
          <Actions
            instance={instance}
            onEdit={() => setEditing(true)}
            onDelete={() => setDoomed(true)}
          />
        )
      }
    >
      <Faces query={query} what="It could not be read" skeleton={<CardSkeleton height={320} />}>
        {(data) => (
          <Stack gap="md">
            <Trouble instance={data} />
            {seesAlerts && <Alerts id={id} />}
            {isEditing && plugin && (
              <Section title="Change">
                <InstanceForm
                  plugin={plugin}
                  instance={data}
                  onSaved={() => setEditing(false)}
                  onCancel={() => setEditing(false)}
                />
              </Section>
            )}
            <State instance={data} />
            {isPush(data) && <KeysSection id={id} />}
            <DataPages instance={data} />
            <InstanceCharts id={id} plugin={plugin} />
            <RunsSection id={id} />
            {!isPush(data) && <LogSection id={id} />}
            <ConfirmDialog
              isOpen={isDoomed}
              onClose={() => setDoomed(false)}
              title={`Delete ${data.name}?`}
              confirmLabel="Delete"
              isDangerous
              isBusy={remove.isPending}
              error={remove.error}
              onConfirm={() => remove.mutate(undefined, { onSuccess: onDeleted })}
            >
              What it measured goes with it, and its alerts end. This cannot be undone.
            </ConfirmDialog>
          </Stack>
        )}
      </Faces>
    </Page>
  );
}
