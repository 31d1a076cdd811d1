import { Button, Group, NativeSelect, SegmentedControl } from '@mantine/core';
import { isZoomed, RANGES, type RangeName, type TimeRange } from '@/lib/ranges';

interface RangeControlProps {
  value: TimeRange;
  onChange: (range: TimeRange) => void;
}

const OPTIONS = RANGES.map(({ value, label }) => ({ value, label }));

/** The same ranges over every chart. After a zoom it offers the way back. */
export function RangeControl({ value, onChange }: RangeControlProps) {
  const zoomed = isZoomed(value);
  const current = value.range ?? '1h';
  const choose = (range: string) =>
    onChange({ range: range as RangeName, from: undefined, to: undefined });
  return (
    <Group gap="xs" role="group" aria-label="Time range">
      <SegmentedControl
        visibleFrom="sm"
        size="xs"
        data={OPTIONS}
        value={zoomed ? '' : current}
        onChange={choose}
      />
      <NativeSelect
        hiddenFrom="sm"
        size="xs"
        aria-label="Time range"
        data={RANGES.map(({ value: range, name }) => ({ value: range, label: name }))}
        value={current}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {zoomed && (
        <Button size="xs" variant="default" onClick={() => choose(current)}>
          Back from zoom
        </Button>
      )}
    </Group>
  );
}
