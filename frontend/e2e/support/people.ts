// The first admin, made and logged in through the API.
import { request, type APIRequestContext } from '@playwright/test';
import type { Backend } from './backend';

export const ADMIN = {
  name: 'alice',
  full_name: 'Alice Larsson',
  password: 'four lazy otters swim',
} as const;

/** Cookies as Playwright gives them to a new page. */
export type StorageState = Awaited<ReturnType<APIRequestContext['storageState']>>;

export async function makeAdmin({ url, setupToken }: Backend): Promise<StorageState> {
  const visitor = await request.newContext({ baseURL: url, extraHTTPHeaders: { Origin: url } });
  const answer = await visitor.post('/api/auth/setup', { data: { token: setupToken, ...ADMIN } });
  if (!answer.ok()) throw new Error(`No admin was made: ${await answer.text()}`);
  const state = await visitor.storageState();
  await visitor.dispose();
  return state;
}

/** Calls the API as the admin of these cookies, with the proof that writes need; for making data. */
export class Api {
  private constructor(
    private readonly context: APIRequestContext,
    private readonly proof: string,
  ) {}

  static async of(url: string, state: StorageState): Promise<Api> {
    const context = await request.newContext({
      baseURL: url,
      storageState: state,
      extraHTTPHeaders: { Origin: url },
    });
    const session: unknown = await (await context.get('/api/auth/session')).json();
    if (typeof session !== 'object' || session === null || !('csrf_token' in session))
      throw new Error('Nobody is logged in.');
    return new Api(context, String(session.csrf_token));
  }

  /** Logs in anew: what asks for a password given lately is refused to a session that is minutes old. */
  static async fresh(url: string): Promise<Api> {
    const visitor = await request.newContext({ baseURL: url, extraHTTPHeaders: { Origin: url } });
    const { name, password } = ADMIN;
    const answer = await visitor.post('/api/auth/login', { data: { name, password } });
    if (!answer.ok()) throw new Error(`The admin was not let in: ${await answer.text()}`);
    const state = await visitor.storageState();
    await visitor.dispose();
    return Api.of(url, state);
  }

  async call<Answer>(method: string, path: string, data?: object): Promise<Answer> {
    const answer = await this.context.fetch(path, {
      method,
      headers: { 'X-CSRF-Token': this.proof },
      ...(data === undefined ? {} : { data }),
    });
    if (!answer.ok()) throw new Error(`${method} ${path}: ${await answer.text()}`);
    const text = await answer.text();
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  }

  dispose(): Promise<void> {
    return this.context.dispose();
  }
}
