// What runs on servers come back with. A run's result is free JSON to the API, so it is checked here.
import * as z from 'zod/mini';

const offeredKey = z.object({
  algorithm: z.string(),
  public: z.string(),
  fingerprint: z.string(),
});
export type OfferedKey = z.infer<typeof offeredKey>;

export const probeReport = z.object({
  host: z.string(),
  port: z.number(),
  is_reachable: z.boolean(),
  host_key: z.nullable(offeredKey),
  message: z.string(),
  fix: z.string(),
});
export type ProbeReport = z.infer<typeof probeReport>;

export const connectionReport = z.object({
  server_id: z.string(),
  is_ok: z.boolean(),
  steps: z.array(
    z.object({
      name: z.enum(['reach', 'host_key', 'login', 'shell', 'sudo']),
      state: z.enum(['ok', 'failed', 'skipped']),
      message: z.string(),
      fix: z.string(),
    }),
  ),
  host_key: z.nullable(offeredKey),
  sudo_lines: z.array(z.string()),
});
export type ConnectionReport = z.infer<typeof connectionReport>;

export const keyInstallReport = z.object({
  path: z.string(),
  account: z.string(),
  message: z.string(),
});

export const messageReport = z.object({ message: z.string() });

export const collectReport = z.object({ status: z.nullable(z.string()), reason: z.string() });
