import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMay } from '@/api/session';
import type { Column, Filter } from '@/components/data-table/columns';
import { DataTable } from '@/components/data-table/data-table';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page } from '@/components/page';
import { StatusBadge } from '@/components/status-badge';
import { useSearchState } from '@/hooks/use-search-state';
import type { TableState } from '@/lib/search';
import type { Rule } from '../api';
import { isAhead } from '../local-time';
import { rulesQuery } from '../rules-api';
import { definitionInWords, stateOfAlert } from '../words';

const CRUMBS = [{ label: 'Alerts', link: { to: '/alerts' as const } }];

function standing(rule: Rule): { word: string; state: 'ok' | 'unknown' | 'warning' } {
  if (!rule.is_enabled) return { word: 'off', state: 'unknown' };
  if (rule.findings.some(({ kind }) => kind !== 'waiting'))
    return { word: 'look at it', state: 'warning' };
  if (isAhead(rule.muted_until)) return { word: 'muted', state: 'unknown' };
  if (rule.findings.length > 0) return { word: 'waits', state: 'unknown' };
  return { word: 'on', state: 'ok' };
}

const COLUMNS: Column<Rule>[] = [
  {
    id: 'status',
    header: 'Status',
    width: '110px',
    sortBy: (rule) => standing(rule).word,
    cell: (rule) => (
      <StatusBadge
        state={standing(rule).state}
        reason={rule.findings.map(({ text }) => text).join(' ') || undefined}
      >
        {standing(rule).word}
      </StatusBadge>
    ),
  },
  {
    id: 'name',
    header: 'Rule',
    sortBy: (rule) => rule.name.toLowerCase(),
    text: (rule) => `${rule.name} ${definitionInWords(rule.definition)}`,
    cell: (rule) => (
      <Link to="/alerts/rules/$ruleId" params={{ ruleId: rule.id }}>
        {rule.name}
      </Link>
    ),
  },
  {
    id: 'definition',
    header: 'When',
    hideBelow: 'md',
    cell: (rule) => (
      <Text span size="sm" c="dimmed" title={definitionInWords(rule.definition)}>
        {definitionInWords(rule.definition)}
      </Text>
    ),
  },
  {
    id: 'severity',
    header: 'Severity',
    width: '100px',
    hideBelow: 'sm',
    sortBy: (rule) => rule.severity,
    cell: (rule) => (
      <StatusBadge state={stateOfAlert({ severity: rule.severity, state: 'firing' })}>
        {rule.severity}
      </StatusBadge>
    ),
  },
  {
    id: 'firing',
    header: 'Open',
    width: '70px',
    align: 'right',
    sortBy: (rule) => -rule.firing,
    cell: (rule) => rule.firing,
  },
  {
    id: 'origin',
    header: 'From',
    width: '110px',
    hideBelow: 'md',
    cell: (rule) => (rule.key === null ? 'people' : rule.is_changed ? 'Unity, changed' : 'Unity'),
  },
];

const FILTERS: Filter<Rule>[] = [
  {
    id: 'status',
    label: 'Status',
    options: ['on', 'waits', 'off', 'muted', 'look at it'].map((value) => ({
      value,
      label: value,
    })),
    match: (rule, value) => standing(rule).word === value,
  },
  {
    id: 'severity',
    label: 'Severity',
    options: ['critical', 'warning', 'info'].map((value) => ({ value, label: value })),
    match: (rule, value) => rule.severity === value,
  },
];

/** What Unity watches for, and what keeps a rule from doing what it seems to do. */
export function RulesPage() {
  const [search, change] = useSearchState<TableState>();
  const navigate = useNavigate();
  const mayManage = useMay('alerts:manage');
  const rules = useQuery(rulesQuery);
  return (
    <Page
      title="Alert rules"
      crumbs={CRUMBS}
      subtitle="What Unity watches for. The rules it comes with use the levels of experts; each names its source."
      actions={
        mayManage && (
          <Button component={Link} to="/alerts/rules/new">
            Add a rule
          </Button>
        )
      }
    >
      <Faces
        query={rules}
        what="The rules could not be read"
        skeleton={<RowsSkeleton />}
        isEmpty={(list) => list.length === 0}
        empty={
          <EmptyState title="No rules">
            Unity brings its rules along at its next start; without any, nothing is told.
          </EmptyState>
        }
      >
        {(list) => (
          <DataTable
            label="Alert rules"
            noun="rule"
            rows={list}
            columns={COLUMNS}
            filters={FILTERS}
            rowId={(rule) => rule.id}
            search={search}
            onSearch={change}
            onOpen={(rule) =>
              void navigate({ to: '/alerts/rules/$ruleId', params: { ruleId: rule.id } })
            }
          />
        )}
      </Faces>
    </Page>
  );
}
