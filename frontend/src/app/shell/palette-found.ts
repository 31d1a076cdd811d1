import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useAssistant } from '@/api/assistant';
import { searchQuery, type SearchHit } from '@/api/search';
import { useMay } from '@/api/session';
import { useOpenPath } from '@/components/path-link';
import { useDeeds } from './palette-actions';
import type { PaletteItem } from './palette-items';

const PAUSE_MS = 120;
const WORDS_OF_A_QUESTION = 3;

// A kind that is not listed yet is shown all the same.
const GROUPS: Record<string, string> = {
  server: 'Servers',
  alert: 'Alerts',
  ssh_key: 'SSH keys',
  credential: 'Logins',
  storage_device: 'Disks',
  storage_pool: 'Pools',
  database_instance: 'Databases',
  user: 'Users',
  job: 'Jobs',
  tag: 'Tags',
  group: 'Groups',
  saved_view: 'Views',
};

/** What looks like a question is offered to the model, where one is asked. */
function useQuestionItems(query: string): PaletteItem[] {
  const navigate = useNavigate();
  const answersQuestions = useAssistant()?.answers_questions ?? false;
  const words = query.trim();
  if (
    !answersQuestions ||
    !(words.endsWith('?') || words.split(/\s+/).length >= WORDS_OF_A_QUESTION)
  )
    return [];
  return [
    {
      id: 'ask',
      group: 'Ask',
      label: `Ask: ${words}`,
      description: 'A language model looks it up',
      run: () => void navigate({ to: '/ask', search: { q: words } }),
    },
  ];
}

const groupOf = ({ kind }: SearchHit) => GROUPS[kind] ?? 'More';

/** What the server finds beyond what the palette knows by itself. */
export function useFoundItems(query: string): { items: PaletteItem[]; isSearching: boolean } {
  const [words] = useDebouncedValue(query.trim(), PAUSE_MS);
  const open = useOpenPath();
  const deeds = useDeeds();
  const mayAsk = useMay('system:read');
  const options = searchQuery(words);
  const search = useQuery({ ...options, enabled: mayAsk && options.enabled === true });
  // What stands for earlier words is no answer to these.
  const hits = words === query.trim() && !search.isPlaceholderData ? search.data?.items : undefined;
  const items = (hits ?? []).flatMap((hit): PaletteItem[] => [
    {
      id: `${hit.kind} ${hit.id}`,
      group: groupOf(hit),
      label: hit.title,
      description: hit.detail,
      run: () => open(hit.path),
    },
    ...(hit.kind === 'server' ? deeds.forServer(hit.id, hit.title) : []),
    ...(hit.kind === 'job' ? deeds.forJob(hit.id, hit.title) : []),
  ]);
  const questions = useQuestionItems(query);
  return {
    items: [...questions, ...items],
    isSearching: search.isFetching || words !== query.trim(),
  };
}
