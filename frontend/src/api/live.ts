// Live state: server-sent events feed the query cache. A lost connection is told once, retried with
// a growing pause, and after it everything on the page is asked again.
import { useSyncExternalStore } from 'react';
import type { QueryClient } from '@tanstack/react-query';
import { basePath } from './base';

export type LiveStatus = 'off' | 'connecting' | 'open' | 'lost';
/** What to do with an event of a name; `data` is its parsed JSON. */
export type LiveHandlers = Record<string, (client: QueryClient, data: unknown) => void>;

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

let status: LiveStatus = 'off';
const listeners = new Set<() => void>();

function setStatus(next: LiveStatus): void {
  if (next === status) return;
  status = next;
  for (const listener of listeners) listener();
}

export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => status,
  );
}

/** Connects and stays connected until the returned function is called. */
export function connectLive(client: QueryClient, handlers: LiveHandlers): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = FIRST_PAUSE_MS;
  let wasLost = false;

  const connect = () => {
    source = new EventSource(`${basePath}/api/live`);
    source.onopen = () => {
      pause = FIRST_PAUSE_MS;
      setStatus('open');
      if (wasLost) void client.invalidateQueries();
      wasLost = false;
    };
    source.onerror = () => {
      // The browser's own retry stops for good on an error status, so ours replaces it.
      source?.close();
      wasLost = true;
      setStatus('lost');
      timer = setTimeout(connect, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    };
    for (const [name, handle] of Object.entries(handlers))
      source.addEventListener(name, (event: MessageEvent<string>) =>
        handle(client, parse(event.data)),
      );
  };

  setStatus('connecting');
  connect();
  return () => {
    clearTimeout(timer);
    source?.close();
    setStatus('off');
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
