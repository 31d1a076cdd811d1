// The little of Markdown that models write, as data: paragraphs, lists, headings, code, strong words
// and references. Nothing else has a meaning: no HTML, no pictures, no addresses that could be opened,
// because what a machine says could have talked the model into writing them.

export type Span =
  | { kind: 'text'; text: string }
  | { kind: 'strong'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'ref'; text: string; ref: string };

export type Block =
  | { kind: 'paragraph'; spans: Span[] }
  | { kind: 'heading'; spans: Span[] }
  | { kind: 'code'; text: string }
  | { kind: 'list'; isOrdered: boolean; items: Span[][] };

const SPAN =
  /\*\*(?<strong>[^*\n]+)\*\*|`(?<code>[^`\n]+)`|!?\[(?<label>[^\]\n]*)\]\((?<ref>[^)\s]*)\)/g;
const ITEM = /^\s*(?:[-*•]|(?<number>\d{1,3})[.)])\s+(?<rest>.*)$/;

export function spansOf(text: string): Span[] {
  const spans: Span[] = [];
  let at = 0;
  for (const match of text.matchAll(SPAN)) {
    if (match.index > at) spans.push({ kind: 'text', text: text.slice(at, match.index) });
    const { strong, code, label = '', ref = '' } = match.groups ?? {};
    if (strong !== undefined) spans.push({ kind: 'strong', text: strong });
    else if (code !== undefined) spans.push({ kind: 'code', text: code });
    else spans.push({ kind: 'ref', text: label, ref });
    at = match.index + match[0].length;
  }
  if (at < text.length) spans.push({ kind: 'text', text: text.slice(at) });
  return spans;
}

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let code: string[] | null = null;
  let isJoined = false;
  for (const line of text.split('\n')) {
    if (line.trimStart().startsWith('```')) {
      if (code) blocks.push({ kind: 'code', text: code.join('\n') });
      code = code ? null : [];
      isJoined = false;
    } else if (code) code.push(line);
    else {
      addLine(blocks, line, isJoined);
      isJoined = line.trim() !== '';
    }
  }
  // A fence that is still open while the answer comes.
  if (code) blocks.push({ kind: 'code', text: code.join('\n') });
  return blocks;
}

function addLine(blocks: Block[], line: string, isJoined: boolean): void {
  const text = line.trim();
  if (text === '') return;
  const last = blocks.at(-1);
  const item = ITEM.exec(line)?.groups;
  if (item) {
    const isOrdered = item.number !== undefined;
    const spans = spansOf(item.rest ?? '');
    if (last?.kind === 'list' && last.isOrdered === isOrdered) last.items.push(spans);
    else blocks.push({ kind: 'list', isOrdered, items: [spans] });
  } else if (text.startsWith('#'))
    blocks.push({ kind: 'heading', spans: spansOf(text.replace(/^#+\s*/, '')) });
  else if (isJoined && last?.kind === 'paragraph') last.spans.push(...spansOf(` ${text}`));
  else if (isJoined && last?.kind === 'list') last.items.at(-1)?.push(...spansOf(` ${text}`));
  else blocks.push({ kind: 'paragraph', spans: spansOf(text) });
}
