import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useMay } from '@/api/session';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { CardSkeleton, RowsSkeleton } from '@/components/loading';
import { Marked } from '@/components/marked';
import { Notice } from '@/components/notice';
import { Page, Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { useNow } from '@/hooks/use-now';
import { alertQuery, consequencesQuery, useReopen, type AlertDetail } from '../api';
import { tellFailure } from '../tell-failure';
import { spanAround, STATE_NAMES, stateOfAlert, withUnit } from '../words';
import { AcknowledgeButton } from './acknowledge-dialog';
import { AlertChart } from './alert-chart';
import { AlertHistory } from './alert-history';
import { MaintenanceMenu } from './maintenance-menu';
import { Runbook } from './runbook';
import { SilenceDialog } from './silence-dialog';
import { SnoozeMenu } from './snooze-menu';

/** What the page shows of the things around the alert's own, made by whoever composes it. */
type Around = (resourceId: string) => React.ReactNode;

const CRUMBS = [{ label: 'Alerts', link: { to: '/alerts' as const } }];

function Verbs({ alert }: { alert: AlertDetail }) {
  const [isSilencing, setIsSilencing] = useState(false);
  const reopen = useReopen();
  if (alert.state === 'resolved') return null;
  return (
    <>
      {alert.state === 'firing' && <AcknowledgeButton alerts={[alert]} size="sm" />}
      {alert.state === 'acknowledged' && (
        <Button
          variant="default"
          loading={reopen.isPending}
          onClick={() =>
            reopen.mutate([alert.id], {
              onError: (error) => tellFailure('It stays acknowledged', error),
            })
          }
        >
          Give it back
        </Button>
      )}
      <SnoozeMenu alerts={[alert]} size="sm" />
      <MaintenanceMenu alert={alert} />
      <Button variant="default" onClick={() => setIsSilencing(true)}>
        Silence
      </Button>
      <SilenceDialog
        isOpen={isSilencing}
        onClose={() => setIsSilencing(false)}
        matchers={alert.silence}
      />
    </>
  );
}

function Where({ alert }: { alert: AlertDetail }) {
  const server = alert.server_id;
  const isServer = server === alert.resource_id;
  return (
    <>
      {!isServer && `${alert.resource_name}${server === null ? '' : ' on '}`}
      {server !== null && (
        <Link to="/servers/$serverId" params={{ serverId: server }}>
          {alert.server_name}
        </Link>
      )}
    </>
  );
}

function Reasons({ alert }: { alert: AlertDetail }) {
  const facts: [string, React.ReactNode][] = [
    ['Where', <Where key="where" alert={alert} />],
    ['Began', <RelativeTime key="began" at={alert.began_at} />],
  ];
  if (alert.fired_at) facts.push(['Fired', <RelativeTime key="fired" at={alert.fired_at} />]);
  if (alert.resolved_at) facts.push(['Over', <RelativeTime key="over" at={alert.resolved_at} />]);
  if (alert.value !== null) facts.push(['Value', withUnit(alert.value, alert.unit)]);
  if (alert.rule_id)
    facts.push([
      'Rule',
      <Link key="rule" to="/alerts/rules/$ruleId" params={{ ruleId: alert.rule_id }}>
        {alert.rule_name}
      </Link>,
    ]);
  if (alert.acknowledged_by)
    facts.push([
      'Taken on by',
      `${alert.acknowledged_by} ${alert.acknowledged_note && `: ${alert.acknowledged_note}`}`,
    ]);
  return (
    <Section title="Why">
      <Stack gap="xs">
        <Text>
          <Marked text={alert.message} />
        </Text>
        {alert.reasons.some((reason) => reason !== alert.message) && (
          <ul>
            {alert.reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        )}
        {alert.fix && (
          <Text size="sm">
            <b>What to do: </b>
            <Marked text={alert.fix} />
          </Text>
        )}
        <FactList facts={facts} />
      </Stack>
    </Section>
  );
}

function Quiet({ alert }: { alert: AlertDetail }) {
  if (alert.muted_by === '' || alert.state === 'resolved') return null;
  return (
    <Notice state="unknown" title="Nobody is told of this">
      {alert.muted_by}{' '}
      {alert.cause_id && (
        <Link to="/alerts/$alertId" params={{ alertId: alert.cause_id }}>
          {alert.cause_title}
        </Link>
      )}
    </Notice>
  );
}

function Consequences({ id }: { id: string }) {
  const query = useQuery(consequencesQuery(id));
  if (query.data?.total === 0) return null;
  return (
    <Section title="What follows from it">
      <Faces query={query} what="They could not be read" skeleton={<RowsSkeleton rows={2} />}>
        {({ items }) => (
          <ul>
            {items.map((alert) => (
              <li key={alert.id}>
                <StatusBadge state={stateOfAlert(alert)}>{alert.severity}</StatusBadge>{' '}
                <Link to="/alerts/$alertId" params={{ alertId: alert.id }}>
                  {alert.title}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Faces>
    </Section>
  );
}

function eventsOf(alert: AlertDetail) {
  const at = (text: string) => Date.parse(text) / 1000;
  return [
    // Where it fired at once, one line says both.
    ...(alert.began_at === alert.fired_at
      ? []
      : [{ at: at(alert.began_at), label: 'began', state: 'unknown' as const }]),
    ...(alert.fired_at
      ? [
          {
            at: at(alert.fired_at),
            label: 'fired',
            state: stateOfAlert({ ...alert, state: 'firing' }),
          },
        ]
      : []),
    ...(alert.resolved_at
      ? [{ at: at(alert.resolved_at), label: 'over', state: 'ok' as const }]
      : []),
  ];
}

interface Slots {
  around?: Around;
  /** What a model says of it. */
  explanation?: ReactNode;
}

function Details({ alert, around, explanation }: Slots & { alert: AlertDetail }) {
  const span = spanAround(alert, useNow());
  return (
    <Stack gap="md">
      <Quiet alert={alert} />
      <Reasons alert={alert} />
      {explanation}
      {alert.charts.map((chart) => (
        <Section key={chart.metric + chart.operator} title="Measured">
          <AlertChart
            resourceId={alert.resource_id}
            chart={chart}
            span={span}
            events={eventsOf(alert)}
            severity={alert.severity}
          />
        </Section>
      ))}
      {around?.(alert.resource_id)}
      <Consequences id={alert.id} />
      <Runbook alert={alert} />
      <AlertHistory id={alert.id} />
    </Stack>
  );
}

/** One alert: what is wrong, why, what to do, and what was done. */
export function AlertPage({ id, ...slots }: Slots & { id: string }) {
  const query = useQuery(alertQuery(id));
  const mayManage = useMay('alerts:manage');
  const alert = query.data;
  return (
    <Page
      title={alert?.title ?? 'Alert'}
      crumbs={CRUMBS}
      status={
        alert && (
          <Group gap="xs">
            <StatusBadge state={stateOfAlert(alert)} variant="soft">
              {alert.state === 'resolved'
                ? 'over'
                : `${alert.severity}, ${STATE_NAMES[alert.state]}`}
            </StatusBadge>
          </Group>
        )
      }
      actions={alert && mayManage && <Verbs alert={alert} />}
    >
      <Faces query={query} what="The alert could not be read" skeleton={<CardSkeleton />}>
        {(found) => <Details alert={found} {...slots} />}
      </Faces>
    </Page>
  );
}
