import { Button, List, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Page, Section } from '@/components/page';
import { StatusBadge, StatusMark } from '@/components/status-badge';
import { formatDuration } from '@/lib/format';
import type { State } from '@/lib/states';
import { pluginQuery, type InstanceDetail, type PluginDetail } from '../api';
import { CATEGORIES, isUsable, SOURCES } from '../words';
import { InstanceForm } from './instance-form';
import classes from './plugins.module.css';

const RULE_STATES: Record<string, State> = { done: 'ok', exempt: 'unknown' };
const SEVERITIES: Record<string, State> = { critical: 'critical', warning: 'warning' };

function About({ plugin }: { plugin: PluginDetail }) {
  return (
    <Section title="About">
      <Stack gap="sm">
        <Text className={classes.prose}>{plugin.description || plugin.summary}</Text>
        <FactList
          facts={[
            ['Kind', CATEGORIES[plugin.category] ?? plugin.category],
            ['Version', plugin.version],
            ['From', SOURCES[plugin.source] ?? plugin.source],
            ['Runs', plugin.collects ? `every ${formatDuration(plugin.every_seconds)}` : 'never'],
            ['Given up after', formatDuration(plugin.timeout_seconds)],
            ['May take', `${plugin.memory_mib} MiB of memory`],
          ]}
        />
      </Stack>
    </Section>
  );
}

function Watches({ plugin }: { plugin: PluginDetail }) {
  return (
    <Section title="What it watches">
      <Stack gap="sm">
        {plugin.alerts.length > 0 && (
          <List listStyleType="none" spacing={4} aria-label="Alerts">
            {plugin.alerts.map((alert) => (
              <List.Item key={alert.key}>
                <span className={classes.reason}>
                  <StatusMark
                    state={SEVERITIES[alert.severity] ?? 'unknown'}
                    label={alert.severity}
                  />
                  <span>{alert.about}</span>
                </span>
              </List.Item>
            ))}
          </List>
        )}
        <div className={classes.scroll} role="region" aria-label="Metrics" tabIndex={0}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Measures</Table.Th>
                <Table.Th>Unit</Table.Th>
                <Table.Th>Metric</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {plugin.metrics.map((metric) => (
                <Table.Tr key={metric.name}>
                  <Table.Td>{metric.about}</Table.Td>
                  <Table.Td>{metric.unit}</Table.Td>
                  <Table.Td>
                    <code>{metric.name}</code>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
        {plugin.has_open_metrics && (
          <Text size="sm">Further metrics are known only when it has run.</Text>
        )}
      </Stack>
    </Section>
  );
}

function QualitySection({ plugin }: { plugin: PluginDetail }) {
  return (
    <Section title={plugin.tier === 'none' ? 'Quality' : `Quality: ${plugin.tier}`}>
      <div className={classes.scroll} role="region" aria-label="Quality" tabIndex={0}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Rule</Table.Th>
              <Table.Th>Tier</Table.Th>
              <Table.Th>State</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {plugin.quality.map((rule) => (
              <Table.Tr key={rule.rule}>
                <Table.Td>
                  {rule.about || rule.rule}
                  {rule.note && (
                    <Text size="sm" c="dimmed">
                      {rule.note}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>{rule.tier}</Table.Td>
                <Table.Td>
                  <StatusBadge state={RULE_STATES[rule.status] ?? 'warning'}>
                    {rule.status}
                  </StatusBadge>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </Section>
  );
}

interface PluginPageProps {
  name: string;
  onAdded: (instance: InstanceDetail) => void;
}

/** One plugin of the gallery, and the form that puts it to use. */
export function PluginPage({ name, onAdded }: PluginPageProps) {
  const query = useQuery(pluginQuery(name));
  const [isAdding, setAdding] = useState(false);
  const mayManage = useMay('plugins:manage');
  const plugin = query.data;
  return (
    <Page
      title={plugin?.title ?? name}
      crumbs={[
        { label: 'System', link: { to: '/system' } },
        { label: 'Plugins', link: { to: '/system/plugins' } },
      ]}
      subtitle={plugin?.summary}
      actions={
        plugin &&
        isUsable(plugin) &&
        mayManage &&
        !isAdding && <Button onClick={() => setAdding(true)}>Add one</Button>
      }
    >
      <Faces
        query={query}
        what="The plugin could not be read"
        skeleton={<CardSkeleton height={320} />}
      >
        {(data) => (
          <Stack gap="md">
            {!isUsable(data) && (
              <Notice role="alert" state="critical" title="It cannot be used">
                <Text size="sm">{data.problem}</Text>
              </Notice>
            )}
            {isAdding && (
              <Section title="Add one">
                <InstanceForm
                  plugin={data}
                  instance={null}
                  onSaved={onAdded}
                  onCancel={() => setAdding(false)}
                />
              </Section>
            )}
            <About plugin={data} />
            <Watches plugin={data} />
            <QualitySection plugin={data} />
          </Stack>
        )}
      </Faces>
    </Page>
  );
}
