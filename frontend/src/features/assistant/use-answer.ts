import { useEffect, useRef, useState } from 'react';
import { ApiProblem } from '@/api/problem';
import { readEvents, type AnswerEvent, type Finished, type Link } from './stream';

export interface AnswerState {
  isRunning: boolean;
  text: string;
  links: Link[];
  /** What was looked up so far, newest last. */
  looked: string[];
  finished: Finished | null;
  error: unknown;
}

const NOTHING: AnswerState = {
  isRunning: false,
  text: '',
  links: [],
  looked: [],
  finished: null,
  error: null,
};

function after(state: AnswerState, event: AnswerEvent): AnswerState {
  switch (event.name) {
    case 'said':
      return { ...state, text: state.text + event.data.text };
    case 'looking':
      return { ...state, looked: [...state.looked, event.data.words] };
    case 'answered':
      return { ...state, text: event.data.text, links: event.data.links };
    case 'finished':
      return { ...state, finished: event.data };
    case 'problem':
      return { ...state, error: new ApiProblem(event.data.status, event.data) };
  }
}

type Start = (signal: AbortSignal) => Promise<{ data?: ReadableStream<Uint8Array> | null }>;

const BROKEN = new ApiProblem(0, {
  title: 'The answer broke off',
  detail: 'The connection to Unity ended before the answer was whole.',
  fix: 'Ask again.',
});

/** Starts an answer and follows it; stops it when told to, and when the page is left. */
export function useAnswer() {
  const [state, setState] = useState(NOTHING);
  const running = useRef<AbortController>(null);
  const stop = () => {
    running.current?.abort();
    running.current = null;
    setState((old) => ({ ...old, isRunning: false }));
  };
  useEffect(() => () => running.current?.abort(), []);
  const start = async (begin: Start) => {
    running.current?.abort();
    const own = new AbortController();
    running.current = own;
    const change = (next: (old: AnswerState) => AnswerState) => {
      if (!own.signal.aborted) setState(next);
    };
    setState({ ...NOTHING, isRunning: true });
    try {
      const { data } = await begin(own.signal);
      let isOver = false;
      if (data)
        for await (const event of readEvents(data)) {
          isOver ||= event.name === 'finished' || event.name === 'problem';
          change((old) => after(old, event));
        }
      if (!isOver) change((old) => ({ ...old, error: BROKEN }));
    } catch (error) {
      change((old) => ({ ...old, error }));
    }
    change((old) => ({ ...old, isRunning: false }));
  };
  return { state, start, stop };
}
