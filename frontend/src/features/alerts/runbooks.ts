// The runbooks of docs/runbooks, each loaded when it is looked at. They use five things of Markdown:
// headings, lists, steps, paragraphs and blocks of commands. A section whose heading ends with
// `<!-- pool_degraded, zfs -->` is for those only: every condition between the commas has to hold,
// and holds with any of its words, which are kinds of alerts or of what the machine has.
import { queryOptions } from '@tanstack/react-query';
import { api, dataOf } from '@/api/client';
import type { components } from '@/api/schema';
import type { Alert } from './api';

export type CommandNames = components['schemas']['CommandNames'];

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

/** The devices, pools, databases and tools of the machine that an alert is about. */
export const commandsQuery = (alert_id: string) =>
  queryOptions({
    queryKey: ['alerts', 'commands', alert_id],
    queryFn: () =>
      dataOf(
        api.GET('/api/infrastructure/topology/alerts/{alert_id}/commands', {
          params: { path: { alert_id } },
        }),
      ),
  });

/** What stands in a command for a thing that is not known. */
const UNKNOWN: Record<string, string> = {
  subject: 'NAME',
  server: 'the server',
  disk: '/dev/DRIVE',
  smart: '/dev/DRIVE',
  kernel_name: 'DRIVE',
  array: '/dev/mdN',
  array_name: 'mdN',
  mount: 'MOUNTPOINT',
  engine: 'sudo docker',
};
/** Kinds of things of which one is there instead of another. */
const FAMILIES = [
  ['drive', 'pool', 'database', 'machine'],
  ['zfs', 'md', 'lvm', 'btrfs', 'alone'],
  ['container', 'alone'],
  ['postgresql', 'mysql', 'mariadb', 'mongodb', 'redis', 'valkey', 'minio'],
  ['hdd', 'ssd', 'nvme'],
  ['apt', 'dnf', 'apk', 'pacman', 'zypper'],
  ['chrony', 'timesyncd'],
];
const ALERT_WORD = /_/; // kinds of alerts have one, kinds of things have none

type Part = CommandNames['parts'][number];
type Named = Pick<Alert, 'subject' | 'server_name' | 'kind'>;

interface Section {
  level: 2 | 3;
  title: string;
  conditions: string[][];
  body: string;
}

export type Block =
  | { kind: 'heading'; level: 2 | 3; text: string }
  | { kind: 'code' | 'text'; text: string }
  | { kind: 'list' | 'steps'; items: string[] };

/** Returns the part of a runbook that is about this alert, with the machine's own names in it. */
export function guideFor(text: string, alert: Named, commands?: CommandNames): Block[] {
  const parts = commands?.parts ?? [];
  const names = { ...ownNames(alert), ...namesOf(commands?.names) };
  const said = shownFor(sectionsOf(text), alert.kind, parts).flatMap(({ section, part }) => {
    const words = { ...names, ...namesOf(part?.names) };
    const title = part ? titled(section.title, part, parts) : section.title;
    return [
      ...(title === '' ? [] : [{ kind: 'heading' as const, level: section.level, text: title }]),
      ...blocksOf(fillIn(section.body, words)),
    ];
  });
  return commands?.is_root === true ? said.map(asRoot) : said;
}

function ownNames(alert: Named): Record<string, string> {
  const quoted = /^[\w./:@-]*$/.test(alert.subject)
    ? alert.subject
    : `'${alert.subject.replaceAll("'", String.raw`'\''`)}'`;
  return {
    ...(quoted === '' ? {} : { subject: quoted }),
    ...(alert.server_name === '' ? {} : { server: alert.server_name }),
  };
}

const namesOf = (names: Part['names'] = []) =>
  Object.fromEntries(names.map((one) => [one.name, one.value]));

/** A drive of two arrays has the same section twice; the title tells them apart. */
function titled(title: string, part: Part, parts: Part[]): string {
  const alike = parts.filter((one) => one.kind === part.kind);
  const name = part.names[0]?.value;
  return alike.length > 1 && name !== undefined ? `${title}: ${name}` : title;
}

function sectionsOf(markdown: string): Section[] {
  const found: Section[] = [{ level: 2, title: '', conditions: [], body: '' }];
  let isCode = false;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) isCode = !isCode;
    const heading = isCode ? null : /^(#{1,3}) (.*?)(?:\s*<!--(.*)-->)?\s*$/.exec(line);
    const marks = heading?.[1] ?? '';
    if (marks.length > 1)
      found.push({
        level: marks.length === 2 ? 2 : 3,
        title: heading?.[2] ?? '',
        conditions: (heading?.[3] ?? '')
          .split(',')
          .map((one) => one.trim().split(/\s+/).filter(Boolean))
          .filter((words) => words.length > 0),
        body: '',
      });
    else if (marks === '') {
      const last = found.at(-1);
      if (last) last.body += `${line}\n`;
    }
  }
  return found;
}

interface Shown {
  section: Section;
  part?: Part;
}

/** What is for a kind of thing is left out where the machine is known to have another kind. */
function shownFor(sections: Section[], kind: string, parts: Part[]): Shown[] {
  return sections
    .filter(({ conditions }) =>
      conditions.filter(isOfAlerts).every((words) => words.includes(kind)),
    )
    .flatMap((section): Shown[] => {
      const words = section.conditions.find((one) => !isOfAlerts(one));
      if (words === undefined || !isKnown(words, parts)) return [{ section }];
      return parts.filter((part) => words.includes(part.kind)).map((part) => ({ section, part }));
    });
}

const isOfAlerts = (words: string[]) => words.some((word) => ALERT_WORD.test(word));

const isKnown = (words: string[], parts: Part[]) =>
  FAMILIES.some(
    (family) =>
      words.every((word) => family.includes(word)) &&
      parts.some((part) => family.includes(part.kind)),
  );

function fillIn(text: string, names: Record<string, string>): string {
  return text.replace(
    /\{([a-z]+(?:_[a-z]+)*)\}/g,
    (_, name: string) => names[name] ?? UNKNOWN[name] ?? name.toUpperCase(),
  );
}

/** Root needs no sudo, and may not have it. */
function asRoot(block: Block): Block {
  const plain = (text: string) =>
    text.replace(/\bsudo -u ("[^"]*"|\S+) /g, 'runuser -u $1 -- ').replace(/\bsudo (?!-)/g, '');
  const inside = (text: string) => text.replace(/`[^`]+`/g, plain);
  switch (block.kind) {
    case 'code':
      return { ...block, text: plain(block.text) };
    case 'list':
    case 'steps':
      return { ...block, items: block.items.map(inside) };
    case 'heading':
    case 'text':
      return { ...block, text: inside(block.text) };
  }
}

/** Splits what stands below a heading. */
function blocksOf(markdown: string): Block[] {
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
  return blocks.filter((block) => block.kind !== 'text' || block.text !== '');
}

function addLine(blocks: Block[], line: string): void {
  const last = blocks.at(-1);
  const item = /^(- |\d+\. )(.*)$/.exec(line);
  if (item) {
    const kind = item[1] === '- ' ? 'list' : 'steps';
    if (last?.kind === kind) last.items.push(item[2] ?? '');
    else blocks.push({ kind, items: [item[2] ?? ''] });
  } else if (line.trim() === '') blocks.push({ kind: 'text', text: '' });
  else if (last?.kind === 'list' || last?.kind === 'steps')
    last.items.push(`${last.items.pop() ?? ''} ${line.trim()}`);
  else if (last?.kind === 'text' && last.text !== '') last.text += ` ${line}`;
  else blocks.push({ kind: 'text', text: line });
}
