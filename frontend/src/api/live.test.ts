import { QueryClient } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { connectLive, useLiveStatus } from './live';

/** The browser's event source, driven by hand. */
class HandSource extends EventTarget {
  static all: HandSource[] = [];
  onopen?: () => void;
  onerror?: () => void;
  close = vi.fn();
  constructor(readonly url: string) {
    super();
    HandSource.all.push(this);
  }
}

beforeEach(() => {
  HandSource.all = [];
  vi.stubGlobal('EventSource', HandSource);
  vi.useFakeTimers();
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

it('events reach their handler, and a lost connection is told, retried and caught up', () => {
  const client = new QueryClient();
  const catchUp = vi.spyOn(client, 'invalidateQueries');
  const onStatus = vi.fn();
  const stop = connectLive(client, { 'server.status': (_client, data) => void onStatus(data) });
  const { result } = renderHook(useLiveStatus);
  const [first] = HandSource.all;
  act(() => first?.onopen?.());
  expect(result.current).toBe('open');
  first?.dispatchEvent(new MessageEvent('server.status', { data: '{"id":"a"}' }));
  expect(onStatus).toHaveBeenCalledWith({ id: 'a' });

  act(() => first?.onerror?.());
  expect(result.current).toBe('lost');
  act(() => void vi.advanceTimersByTime(1_000));
  act(() => HandSource.all[1]?.onopen?.());
  expect(result.current).toBe('open');
  expect(catchUp).toHaveBeenCalledOnce();

  act(stop);
  expect(result.current).toBe('off');
  expect(HandSource.all[1]?.close).toHaveBeenCalled();
});
