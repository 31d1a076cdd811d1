// What the assistant may be asked; everything that offers it asks this. It is off by default.
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, dataOf } from './client';
import { useMay } from './session';
import type { components } from './schema';

export type AssistantState = components['schemas']['AssistantState'];

export const assistantQuery = queryOptions({
  queryKey: ['assistant', 'state'],
  queryFn: () => dataOf(api.GET('/api/assistant')),
  staleTime: 300_000,
});

/** What is switched on, for those who may use it; undefined for others and until it is known. */
export function useAssistant(): AssistantState | undefined {
  const may = useMay('assistant:use');
  const { data } = useQuery({ ...assistantQuery, enabled: may });
  return may ? data : undefined;
}
