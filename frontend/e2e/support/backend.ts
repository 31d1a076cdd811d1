// The real program, started as a process of its own on an empty data folder and a free port.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PROGRAM = process.env.UNITY_PROGRAM ?? join(ROOT, '.venv/bin/unity');
const START_MS = 60_000;

export interface Backend {
  url: string;
  /** What the console printed for the first admin. */
  setupToken: string;
  dataFolder: string;
  stop: () => Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port is free.');
  return address.port;
}

/** Resolves with the token once the console has shown it; rejects with the log when it does not. */
function tokenFrom(process: ChildProcess): Promise<string> {
  let log = '';
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(new Error(`unity serve ${why}. Its console said:\n${log}`));
    const timer = setTimeout(() => fail(`was not ready in ${START_MS / 1000} s`), START_MS);
    const read = (part: Buffer) => {
      log += part.toString();
      const token = /within one hour: (\S+)\s/.exec(log)?.[1];
      if (token === undefined) return;
      clearTimeout(timer);
      resolve(token);
    };
    process.stdout?.on('data', read);
    process.stderr?.on('data', read);
    process.once('error', (error) => fail(`did not start (${error.message})`));
    process.once('exit', (code) => fail(`ended with status ${code}`));
  });
}

async function answers(url: string): Promise<void> {
  const end = Date.now() + START_MS;
  while (Date.now() < end) {
    const response = await fetch(`${url}/healthz`).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url}/healthz does not answer.`);
}

/** Starts Unity as a newcomer has it: no user, this machine entered by itself. */
export async function startBackend(settings: Record<string, string> = {}): Promise<Backend> {
  if (!existsSync(join(ROOT, 'frontend/dist/index.html')))
    throw new Error('The page is not built: run `npm run build` first.');
  const dataFolder = await mkdtemp(join(tmpdir(), 'unity-e2e-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(PROGRAM, ['serve'], {
    env: {
      ...process.env,
      UNITY_DATA: dataFolder,
      UNITY_SERVER__LISTEN: `127.0.0.1:${port}`,
      UNITY_COLLECT__LIVE_SECONDS: '2',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await once(child, 'exit');
      clearTimeout(timer);
    }
    await rm(dataFolder, { recursive: true, force: true });
  };
  try {
    const setupToken = await tokenFrom(child);
    await answers(url);
    return { url, setupToken, dataFolder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
