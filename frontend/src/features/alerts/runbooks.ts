// The runbooks of docs/runbooks, each loaded when it is looked at. They use four things of Markdown:
// headings, lists, paragraphs and blocks of commands.
import { queryOptions } from '@tanstack/react-query';
import type { Alert } from './api';

const PAGES = import.meta.glob<string>('../../../../docs/runbooks/*.md', {
  query: '?raw',
  import: 'default',
});

export const runbookQuery = (slug: string) =>
  queryOptions({
    queryKey: ['runbook', slug],
    queryFn: async () => (await PAGES[`../../../../docs/runbooks/${slug}.md`]?.()) ?? '',
    staleTime: Infinity,
  });

/** Puts the alert's own names into the commands. */
export function fillIn(text: string, alert: Pick<Alert, 'subject' | 'server_name'>): string {
  const quoted = /^[\w./:@-]*$/.test(alert.subject)
    ? alert.subject
    : `'${alert.subject.replaceAll("'", String.raw`'\''`)}'`;
  return text
    .replaceAll('{subject}', quoted || 'NAME')
    .replaceAll('{server}', alert.server_name || 'the server');
}

export type Block =
  { kind: 'heading' | 'code' | 'text'; text: string } | { kind: 'list'; items: string[] };

/** Splits a runbook; its first heading is left out, for the page has one. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let code: string[] | null = null;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) {
      if (code === null) code = [];
      else {
        blocks.push({ kind: 'code', text: code.join('\n') });
        code = null;
      }
    } else if (code !== null) code.push(line);
    else addLine(blocks, line);
  }
  return blocks.filter((block) => block.kind === 'list' || block.text !== '');
}

function addLine(blocks: Block[], line: string): void {
  const last = blocks.at(-1);
  if (line.startsWith('# ')) return;
  if (line.startsWith('## ')) blocks.push({ kind: 'heading', text: line.slice(3) });
  else if (line.startsWith('- ')) {
    if (last?.kind === 'list') last.items.push(line.slice(2));
    else blocks.push({ kind: 'list', items: [line.slice(2)] });
  } else if (line.trim() === '') blocks.push({ kind: 'text', text: '' });
  else if (last?.kind === 'list') last.items.push(`${last.items.pop() ?? ''} ${line.trim()}`);
  else if (last?.kind === 'text' && last.text !== '') last.text += ` ${line}`;
  else blocks.push({ kind: 'text', text: line });
}
