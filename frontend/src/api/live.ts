// Live state: server-sent events feed the query cache. A lost connection is told once, retried with
// a growing pause, and after it everything on the page is asked again.
import { useEffect, useSyncExternalStore } from 'react';
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

// What the open page watches: it is measured often as long as the stream says so.
const watched = new Map<string, number>();
let onWatchChange: () => void = () => undefined;

function watch(target: string): () => void {
  watched.set(target, (watched.get(target) ?? 0) + 1);
  onWatchChange();
  return () => {
    const left = (watched.get(target) ?? 1) - 1;
    if (left > 0) watched.set(target, left);
    else watched.delete(target);
    onWatchChange();
  };
}

/** Has this server measured every few seconds while the page is open. */
export function useWatchServer(serverId: string): void {
  useEffect(() => watch(`server:${serverId}`), [serverId]);
}

function streamAddress(): string {
  const query = new URLSearchParams([...watched.keys()].map((target) => ['watch', target]));
  return `${basePath}/api/live${watched.size > 0 ? `?${query.toString()}` : ''}`;
}

/** Connects and stays connected until the returned function is called. */
export function connectLive(client: QueryClient, handlers: LiveHandlers): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let turn: ReturnType<typeof setTimeout> | undefined;
  let address = '';
  let pause = FIRST_PAUSE_MS;
  let wasLost = false;

  const connect = () => {
    address = streamAddress();
    source = new EventSource(address);
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

  // A page that goes and the next that comes change it twice at once; the stream turns once.
  onWatchChange = () => {
    clearTimeout(turn);
    turn = setTimeout(() => {
      if (streamAddress() === address || status === 'lost') return;
      source?.close();
      connect();
    }, 50);
  };
  setStatus('connecting');
  connect();
  return () => {
    onWatchChange = () => undefined;
    clearTimeout(timer);
    clearTimeout(turn);
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
