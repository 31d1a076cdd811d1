import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { fact } from '@/testing/fleet';
import { renderUi } from '@/testing/render';
import type { Fact } from './api';
import { HostDepth } from './components/host-depth';

const AT = 1_795_430_000;
const show = (...facts: Fact[]) => renderUi(<HostDepth facts={facts} />);
const read = (name: string, value: Record<string, unknown>, title = name) =>
  fact({ fact: name, title, value });
const absent = (name: string, title: string, detail = '', fix = '') =>
  fact({ fact: name, title, value: null, read_at: null, trouble: 'absent', detail, fix });
const stall = (avg300: number) => ({ avg10: 0, avg60: 0, avg300, total_seconds: 1 });

describe('pressure, errors and heat', () => {
  it('shows nothing of a machine that was never asked', async () => {
    await show(fact({ fact: 'pressure', value: null, asked_at: null }));
    expect(screen.queryByRole('heading')).toBeNull();
  });

  it('shows how long programs waited, of the last five minutes', async () => {
    const io = { resource: 'io', some: stall(60), full: stall(42) };
    const cpu = { resource: 'cpu', some: stall(7), full: null };
    await show(read('pressure', { resources: [cpu, io] }));
    expect(screen.getByText('All programs waited for disks').parentElement).toHaveTextContent(
      '42 %',
    );
    expect(
      screen.getByText('Some program waited for the processor').parentElement,
    ).toHaveTextContent('7 %');
    expect(screen.queryByText('All programs waited for memory')).toBeNull();
  });

  it('shows how full the tables of files and connections are', async () => {
    const full = { used: 196_608, limit: 262_144 };
    await show(read('kernel_tables', { open_files: { used: 2080, limit: 0 }, connections: full }));
    const tracked = screen.getByText('Tracked connections of 262 k').parentElement;
    expect(tracked).toHaveTextContent('197 k75 %');
    expect(screen.getByText('Open files').parentElement).toHaveTextContent('without a limit');
  });

  it('shows no connections where the kernel tracks none', async () => {
    const open = { used: 1689, limit: 2_466_170 };
    await show(read('kernel_tables', { open_files: open, connections: null }));
    expect(screen.getByText('Open files of 2.47 M').parentElement).toHaveTextContent('1.69 k');
    expect(screen.queryByText(/^Tracked connections/)).toBeNull();
  });

  it('counts the heat of a core where the processor counts no other', async () => {
    const old = { package: 0, package_throttles: 0, worst_core: 7 };
    await show(read('throttling', { packages: [old] }));
    expect(screen.getByText('7 times since boot')).toBeVisible();
  });

  it('names the program that was ended, and the module that has errors', async () => {
    const event = { kind: 'oom', subject: 'mysqld', message: 'Killed', times: 1, at: AT };
    const dimm = { name: 'dimm1', label: 'DIMM_B1', corrected: 3, uncorrected: 1 };
    await show(
      read('oom', { kills: 2 }),
      read('kernel_log', { events: [event] }),
      read('memory_errors', {
        controllers: [{ name: 'mc0', corrected: 3, uncorrected: 1, modules: [dimm] }],
      }),
    );
    expect(screen.getByText('2 since boot')).toHaveTextContent('within a day: mysqld');
    expect(screen.getByText('3 corrected, 1 not')).toHaveTextContent('DIMM_B1');
    const said = within(screen.getByRole('table', { name: 'What the kernel said' }));
    expect(said.getByText('out of memory')).toBeVisible();
  });

  it('lists the timers that need a look, and only those', async () => {
    const timer = { starts: 'x.service', last_at: AT, next_at: null };
    await show(
      read('timers', {
        timers: [
          { ...timer, name: 'late.timer', trouble: 'late' },
          { ...timer, name: 'well.timer', trouble: '' },
        ],
      }),
    );
    expect(screen.getByText('1 of 2 need a look')).toBeVisible();
    const table = within(screen.getByRole('table', { name: 'Timers that need a look' }));
    expect(table.getByText('late.timer')).toBeVisible();
    expect(table.queryByText('well.timer')).toBeNull();
  });

  it('tells the speed of a link, and that it is only half duplex', async () => {
    const cable = {
      name: 'eth0',
      state: 'up',
      speed_mbit: 100,
      duplex: 'half',
      carrier_changes: 7,
      received_errors: 2,
      sent_errors: 1,
    };
    await show(read('pressure', { resources: [] }), read('network', { interfaces: [cable] }));
    const row = screen.getByRole('row', { name: /eth0/ });
    expect(row).toHaveTextContent('100 Mbit/s, half duplex');
    expect(row).toHaveTextContent('7 times');
    expect(row).toHaveTextContent('3');
  });

  it('says once what the machine does not have, and what would help', async () => {
    await show(
      absent('memory_errors', 'Memory errors (ECC)'),
      absent('throttling', 'Processor slowed by heat'),
      absent('kernel_log', 'Kernel log', 'The login may not read it.', 'Add it to `adm`.'),
    );
    expect(
      screen.getByText(
        'This machine does not tell: Memory errors (ECC), Processor slowed by heat.',
      ),
    ).toBeVisible();
    expect(screen.getByText(/Kernel log: The login may not read it/)).toHaveTextContent('adm');
  });
});
