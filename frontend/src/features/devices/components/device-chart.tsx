import { SegmentedControl, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Chart } from '@/components/chart/chart';
import type { ChartProps } from '@/components/chart/types';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import type { Unit } from '@/lib/format';
import { deviceMetricQuery, type DeviceDetail } from '../api';

const HEIGHT = 180;
const SPANS = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '365', label: '1 year' },
];

interface Line {
  title: string;
  metric: string;
  unit: Unit;
  /** Labels that the series must have. */
  labels?: Record<string, string>;
  thresholds?: ChartProps['thresholds'];
}

function OneChart({ deviceId, line, days }: { deviceId: string; line: Line; days: number }) {
  const query = useQuery(deviceMetricQuery(deviceId, line.metric, days));
  const wanted = Object.entries(line.labels ?? {});
  return (
    <Section title={line.title}>
      <Faces
        query={query}
        what="This chart could not be read"
        skeleton={<CardSkeleton height={HEIGHT} />}
      >
        {({ from, to, answer }) => {
          const found = answer.series.find(({ labels }) =>
            wanted.every(([name, value]) => labels[name] === value),
          );
          if (!found) return <Text c="dimmed">Nothing was measured in this time.</Text>;
          return (
            <Chart
              title={line.title}
              hasTitle={false}
              unit={line.unit}
              times={answer.times}
              series={[{ label: line.title, values: found.avg, min: found.min, max: found.max }]}
              from={from}
              to={to}
              height={HEIGHT}
              thresholds={line.thresholds}
              group={deviceId}
            />
          );
        }}
      </Faces>
    </Section>
  );
}

function temperatureOf(device: DeviceDetail): Line {
  const limits = [
    { value: device.temperature_warning, label: 'warm', state: 'warning' },
    { value: device.temperature_critical, label: 'hot', state: 'critical' },
  ] as const;
  return {
    title: 'Temperature',
    metric: 'smartctl_device_temperature',
    unit: 'celsius',
    thresholds: limits.flatMap(({ value, ...rest }) =>
      value === null ? [] : [{ value, ...rest }],
    ),
  };
}

/** The history of a drive's temperature, and of the attribute that was chosen. */
export function DeviceCharts({ device, chosen }: { device: DeviceDetail; chosen: number | null }) {
  const [span, setSpan] = useState('30');
  const days = Number(span);
  const attribute = device.attributes.find(({ id }) => id === chosen);
  return (
    <>
      <SegmentedControl data={SPANS} value={span} onChange={setSpan} aria-label="Time span" />
      {attribute && (
        <OneChart
          deviceId={device.id}
          days={days}
          line={{
            title: `${attribute.id} ${attribute.name.replaceAll('_', ' ')}`,
            metric: 'smartctl_device_attribute',
            unit: 'count',
            labels: { attribute_id: String(attribute.id), attribute_value_type: 'raw' },
          }}
        />
      )}
      {device.temperature_celsius !== null && (
        <OneChart deviceId={device.id} days={days} line={temperatureOf(device)} />
      )}
    </>
  );
}
