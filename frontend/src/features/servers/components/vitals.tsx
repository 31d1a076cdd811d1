import { Section } from '@/components/page';
import { Meter } from '@/components/meter';
import { formatBytes, formatDuration, formatUnit, plural, threeDigits } from '@/lib/format';
import type { Fact } from '../api';
import {
  cpuValue,
  filesystemsValue,
  loadValue,
  memoryValue,
  packagesValue,
  rebootValue,
  sensorsValue,
  uptimeValue,
  valueOf,
} from '../fact-values';
import classes from './servers.module.css';

export function Figure({ word, children }: { word: string; children: React.ReactNode }) {
  return (
    <div className={classes.figure}>
      <dt>{word}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const percentOf = (part: number, whole: number) => (whole > 0 ? (part / whole) * 100 : null);

/** As `df` counts: what root keeps for itself belongs to neither side. */
export function fullness(one: { used_bytes: number; available_bytes: number }): number | null {
  return percentOf(one.used_bytes, one.used_bytes + one.available_bytes);
}

function fullest(facts: readonly Fact[]) {
  const all = valueOf(facts, 'filesystems', filesystemsValue)?.filesystems ?? [];
  return [...all].sort((a, b) => (fullness(b) ?? 0) - (fullness(a) ?? 0))[0];
}

function updates(facts: readonly Fact[]): string | null {
  const packages = valueOf(facts, 'packages', packagesValue);
  if (!packages) return null;
  if (packages.pending === 0) return 'none';
  return packages.security
    ? `${packages.pending}, ${packages.security} for security`
    : `${packages.pending}`;
}

function hottest(facts: readonly Fact[]): number | null {
  const all = valueOf(facts, 'sensors', sensorsValue)?.temperatures ?? [];
  return all.length > 0 ? Math.max(...all.map(({ celsius }) => celsius)) : null;
}

/** The figures that are asked for most, as they were read last. */
export function Vitals({ facts }: { facts: readonly Fact[] }) {
  const memory = valueOf(facts, 'memory', memoryValue);
  const load = valueOf(facts, 'load', loadValue);
  const cores = valueOf(facts, 'cpu', cpuValue)?.cores;
  const uptime = valueOf(facts, 'uptime', uptimeValue);
  const reboot = valueOf(facts, 'reboot', rebootValue);
  const disk = fullest(facts);
  const heat = hottest(facts);
  const pending = updates(facts);
  return (
    <Section title="Now">
      <dl className={classes.figures} style={{ margin: 0 }}>
        {memory && (
          <Figure word={`Memory of ${formatBytes(memory.total)}`}>
            <Meter
              label="used"
              percent={percentOf(memory.total - memory.available, memory.total)}
            />
          </Figure>
        )}
        {memory && memory.swap_total > 0 && (
          <Figure word={`Swap of ${formatBytes(memory.swap_total)}`}>
            <Meter
              label="used"
              percent={percentOf(memory.swap_total - memory.swap_free, memory.swap_total)}
            />
          </Figure>
        )}
        {disk && (
          <Figure word={`Fullest file system, ${disk.mountpoint}`}>
            <Meter label="used" percent={fullness(disk)} />
          </Figure>
        )}
        {load && (
          <Figure word={cores ? `Load, on ${plural(cores, 'core')}` : 'Load'}>
            {threeDigits(load.load1)} · {threeDigits(load.load5)} · {threeDigits(load.load15)}
          </Figure>
        )}
        {heat !== null && <Figure word="Hottest sensor">{formatUnit(heat, 'celsius')}</Figure>}
        {uptime && <Figure word="Up for">{formatDuration(uptime.seconds)}</Figure>}
        {pending !== null && <Figure word="Updates waiting">{pending}</Figure>}
        {reboot?.is_needed && (
          <Figure word="Reboot needed">{reboot.reason || 'yes, after an update'}</Figure>
        )}
      </dl>
    </Section>
  );
}
