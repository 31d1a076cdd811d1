// Saved views: what stands behind the question mark of a list, under a name.
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, dataOf } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type SavedView = Schemas['SavedViewRead'];
export type ViewPage = SavedView['page'];
type NewView = Schemas['SavedViewCreate'];
type ViewEdit = Schemas['SavedViewEdit'];

export const viewsQuery = (page: ViewPage) =>
  queryOptions({
    queryKey: ['views', page],
    queryFn: () => dataOf(api.GET('/api/views', { params: { query: { page } } })),
  });

const at = (view_id: string) => ({ params: { path: { view_id } } });

function useViewsMutation<Input, Answer>(change: (input: Input) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => void client.invalidateQueries({ queryKey: ['views'] }),
  });
}

export const useSaveView = () =>
  useViewsMutation((body: NewView) => dataOf(api.POST('/api/views', { body })));

export const useEditView = () =>
  useViewsMutation(({ id, ...body }: ViewEdit & { id: string }) =>
    dataOf(api.PATCH('/api/views/{view_id}', { ...at(id), body })),
  );

export const useDeleteView = () =>
  useViewsMutation((id: string) => api.DELETE('/api/views/{view_id}', at(id)));
