// The values of facts that the health page reads; each is free JSON to the API, so it is checked here.
import * as z from 'zod/mini';
import type { Fact } from './api';

const orNull = <T extends z.ZodMiniType>(type: T) => z.nullish(type);

export const memoryValue = z.object({
  total: z.number(),
  available: z.number(),
  swap_total: z.number(),
  swap_free: z.number(),
});

export const loadValue = z.object({ load1: z.number(), load5: z.number(), load15: z.number() });
export const cpuValue = z.object({ cores: z.number() });
export const uptimeValue = z.object({ seconds: z.number() });

export const rebootValue = z.object({
  is_needed: z.boolean(),
  reason: z.string(),
  packages: z.array(z.string()),
});

export const packagesValue = z.object({
  pending: z.number(),
  security: orNull(z.number()),
});

export const filesystemsValue = z.object({
  filesystems: z.array(
    z.object({
      device: z.string(),
      mountpoint: z.string(),
      fstype: z.string(),
      size_bytes: z.number(),
      used_bytes: z.number(),
      available_bytes: z.number(),
      inodes: orNull(z.number()),
      inodes_free: orNull(z.number()),
    }),
  ),
});

const process = z.object({
  pid: z.number(),
  user: z.string(),
  name: z.string(),
  cpu_percent: orNull(z.number()),
  memory_bytes: orNull(z.number()),
});
export type ProcessRow = z.infer<typeof process>;

export const processesValue = z.object({
  total: z.number(),
  by_cpu: z.array(process),
  by_memory: z.array(process),
});

export const unitsValue = z.object({
  units: z.array(z.object({ name: z.string(), state: z.string(), description: z.string() })),
});

export const sensorsValue = z.object({
  temperatures: z.array(
    z.object({
      chip: z.string(),
      sensor: z.string(),
      label: z.string(),
      celsius: z.number(),
      critical: orNull(z.number()),
    }),
  ),
});

const stall = orNull(z.object({ avg300: z.number() }));

export const pressureValue = z.object({
  resources: z.array(z.object({ resource: z.string(), some: stall, full: stall })),
});

export const oomValue = z.object({ kills: z.number() });

const counts = { name: z.string(), corrected: z.number(), uncorrected: z.number() };

export const memoryErrorsValue = z.object({
  controllers: z.array(
    z.object({ ...counts, modules: z.array(z.object({ ...counts, label: z.string() })) }),
  ),
});

export const throttlingValue = z.object({
  packages: z.array(
    z.object({ package: z.number(), package_throttles: z.number(), worst_core: z.number() }),
  ),
});

const tableUse = z.object({ used: z.number(), limit: z.number() });

export const kernelTablesValue = z.object({
  open_files: z.nullable(tableUse),
  connections: z.nullable(tableUse),
});

export const kernelLogValue = z.object({
  events: z.array(
    z.object({
      kind: z.string(),
      subject: z.string(),
      message: z.string(),
      times: z.number(),
      at: z.number(),
    }),
  ),
});
export type KernelEvent = z.infer<typeof kernelLogValue>['events'][number];

export const timersValue = z.object({
  timers: z.array(
    z.object({
      name: z.string(),
      starts: z.string(),
      last_at: orNull(z.number()),
      next_at: orNull(z.number()),
      trouble: z.string(),
    }),
  ),
});
export type TimerRow = z.infer<typeof timersValue>['timers'][number];

export const networkValue = z.object({
  interfaces: z.array(
    z.object({
      name: z.string(),
      state: z.string(),
      speed_mbit: orNull(z.number()),
      duplex: z.optional(z.string()),
      carrier_changes: orNull(z.number()),
      received_errors: z.number(),
      sent_errors: z.number(),
    }),
  ),
});

/** The value of a fact in its shape; undefined when it was never read or has another shape. */
export function valueOf<T>(
  facts: readonly Fact[],
  name: string,
  shape: z.ZodMiniType<T>,
): T | undefined {
  const value = facts.find(({ fact }) => fact === name)?.value;
  const read = shape.safeParse(value);
  return read.success ? read.data : undefined;
}
