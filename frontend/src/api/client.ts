// The only way screens reach the server. Types come from schema.d.ts (make api-client).
import createClient from 'openapi-fetch';
import { basePath } from './base';
import { apiFetch } from './fetch';
import { problemFrom } from './problem';
import type { paths } from './schema';

export const api = createClient<paths>({
  baseUrl: `${location.origin}${basePath}`,
  fetch: apiFetch,
});

api.use({
  async onResponse({ response }) {
    if (!response.ok) throw await problemFrom(response);
  },
});

/** The body of a call that succeeded; a failed one has thrown its ApiProblem before. */
export async function dataOf<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}
