// Reads a stream of server-sent events that answers a POST, which EventSource cannot send.
import * as z from 'zod/mini';

const link = z.object({
  ref: z.string(),
  kind: z.string(),
  id: z.string(),
  title: z.string(),
  path: z.string(),
});

const events = {
  said: z.object({ text: z.string() }),
  looking: z.object({ words: z.string() }),
  answered: z.object({ text: z.string(), links: z.array(link) }),
  finished: z.object({
    exchange_id: z.string(),
    is_cut: z.boolean(),
    host: z.string(),
    model: z.string(),
    input_tokens: z.number(),
    output_tokens: z.number(),
    seconds: z.number(),
  }),
  problem: z.looseObject({ status: z.number(), title: z.string() }),
};

export type Link = z.infer<typeof link>;
export type Finished = z.infer<typeof events.finished>;
export type AnswerEvent =
  | { name: 'said'; data: z.infer<typeof events.said> }
  | { name: 'looking'; data: z.infer<typeof events.looking> }
  | { name: 'answered'; data: z.infer<typeof events.answered> }
  | { name: 'finished'; data: Finished }
  | { name: 'problem'; data: z.infer<typeof events.problem> };

/** One block of the stream; null for what this page does not know. */
export function readEvent(block: string): AnswerEvent | null {
  let name = '';
  let data = '';
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) name = line.slice(7);
    if (line.startsWith('data: ')) data += line.slice(6);
  }
  if (!(name in events)) return null;
  const json: unknown = JSON.parse(data);
  switch (name) {
    case 'said':
      return { name, data: events.said.parse(json) };
    case 'looking':
      return { name, data: events.looking.parse(json) };
    case 'answered':
      return { name, data: events.answered.parse(json) };
    case 'finished':
      return { name, data: events.finished.parse(json) };
    default:
      return { name: 'problem', data: events.problem.parse(json) };
  }
}

/** Yields the events as they come; one may be cut in two by the network. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<AnswerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = readEvent(block);
        if (event) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
