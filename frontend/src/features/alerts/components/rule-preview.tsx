import { Group, NativeSelect, Stack, Text } from '@mantine/core';
import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, dataOf } from '@/api/client';
import { toProblem } from '@/api/problem';
import type { Column } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { useNow } from '@/hooks/use-now';
import { formatDuration, plural } from '@/lib/format';
import type { PreviewIncident, Rule, RulePreview, RuleWish } from '../api';
import { fieldErrors } from '../rule-faults';
import { isComplete, wishOf, type Faults, type RuleValues } from '../rule-values';
import { AlertChart } from './alert-chart';

const previewQuery = (rule: RuleWish, days: number) =>
  queryOptions({
    queryKey: ['alert-preview', rule, days],
    queryFn: () => dataOf(api.POST('/api/alerts/rules/preview', { body: { rule, days } })),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  });

const COLUMNS: Column<PreviewIncident>[] = [
  {
    id: 'fired',
    header: 'Would have fired',
    width: '150px',
    cell: (one) => <RelativeTime at={one.fired_at} />,
  },
  {
    id: 'where',
    header: 'Where',
    cell: (one) => `${one.resource_name}${one.subject ? `: ${one.subject}` : ''}`,
  },
  {
    id: 'lasted',
    header: 'For',
    width: '140px',
    align: 'right',
    cell: (one) =>
      one.resolved_at === null ? `${formatDuration(one.seconds)}, on` : formatDuration(one.seconds),
  },
];

function summary({ count, seconds, resources, series }: RulePreview, days: number): string {
  const span = days === 1 ? 'the last day' : `the last ${days} days`;
  const looked = series > 0 ? ` It looks at ${plural(series, 'series', 'series')}.` : '';
  if (count === 0) return `It would not have fired in ${span}.${looked}`;
  return `It would have fired ${plural(count, 'time')} in ${span}, on ${plural(resources, 'resource')}, for ${formatDuration(seconds)} altogether.${looked}`;
}

const seconds = (text: string) => Math.floor(Date.parse(text) / 1000);

function Around({ incident, rule }: { incident: PreviewIncident; rule: RuleWish }) {
  const now = useNow();
  const definition = rule.definition;
  if (incident.metric === '') return null;
  const levels =
    definition.type === 'threshold' || definition.type === 'rate_of_change' ? definition : null;
  const end = incident.resolved_at === null ? now.getTime() / 1000 : seconds(incident.resolved_at);
  return (
    <AlertChart
      resourceId={incident.resource_id}
      chart={{
        metric: incident.metric,
        labels: incident.labels,
        unit: levels?.unit ?? '',
        operator: levels?.operator ?? '',
        raise_level: levels?.raise_level ?? null,
        clear_level: levels?.clear_level ?? null,
      }}
      span={{ from: seconds(incident.began_at) - 3_600, to: Math.floor(end / 60) * 60 + 1_800 }}
      events={[
        ...(incident.began_at === incident.fired_at
          ? []
          : [{ at: seconds(incident.began_at), label: 'began' }]),
        { at: seconds(incident.fired_at), label: 'fires', state: 'critical' },
        ...(incident.resolved_at
          ? [{ at: seconds(incident.resolved_at), label: 'over', state: 'ok' as const }]
          : []),
      ]}
      severity={rule.severity ?? 'warning'}
    />
  );
}

function Result({ preview, days, rule }: { preview: RulePreview; days: number; rule: RuleWish }) {
  const [chosen, setChosen] = useState(0);
  const incident = preview.incidents[Math.min(chosen, preview.incidents.length - 1)];
  const idOf = (one: PreviewIncident) => `${one.resource_id} ${one.subject} ${one.fired_at}`;
  return (
    <Stack gap="sm">
      <Text fw={600} role="status">
        {summary(preview, days)}
      </Text>
      {preview.note && <Text size="sm">{preview.note}</Text>}
      {preview.findings.map(({ text }) => (
        <Notice key={text} state="warning" title="Look at this">
          {text}
        </Notice>
      ))}
      {incident && <Around incident={incident} rule={rule} />}
      {preview.count > 0 && (
        <DataTable
          label="When it would have fired"
          noun="time"
          rows={preview.incidents}
          columns={COLUMNS}
          rowId={idOf}
          search={{}}
          onSearch={() => undefined}
          onOpen={(one) => setChosen(preview.incidents.indexOf(one))}
        />
      )}
    </Stack>
  );
}

interface RulePreviewPanelProps {
  values: RuleValues;
  rule: Rule | null;
  /** What the server minds, for the fields. */
  onFaults: (faults: Faults) => void;
}

/** What the rule as it stands in the form would have done, over what was measured. */
export function RulePreviewPanel({ values, rule, onFaults }: RulePreviewPanelProps) {
  const [days, setDays] = useState(7);
  const isReady = isComplete(values);
  const wish = { ...wishOf(values, rule), name: values.name || 'preview' };
  const preview = useQuery({ ...previewQuery(wish, days), enabled: isReady });
  const problem = preview.error;
  useEffect(() => {
    onFaults(problem ? fieldErrors(toProblem(problem).fields) : {});
  }, [problem, onFaults]);
  return (
    <Section
      title="What it would have done"
      actions={
        <Group gap="xs">
          <NativeSelect
            size="xs"
            aria-label="How far back"
            data={[
              { value: '1', label: 'the last day' },
              { value: '7', label: 'the last 7 days' },
              { value: '31', label: 'the last 31 days' },
            ]}
            value={String(days)}
            onChange={(event) => setDays(Number(event.currentTarget.value))}
          />
        </Group>
      }
    >
      {isReady ? (
        <Faces
          query={preview}
          what="It could not be tried out"
          skeleton={<RowsSkeleton rows={3} />}
        >
          {(found) => <Result preview={found} days={days} rule={wish} />}
        </Faces>
      ) : (
        <Text size="sm" c="dimmed">
          Name a metric, and Unity tries the rule out over what it has measured. Nothing is saved.
        </Text>
      )}
    </Section>
  );
}
