// One fetch for all calls: the CSRF header on writes, the password asked again where the server wants
// it, and a word to the app when the session is over.
import { basePath } from './base';
import { csrfToken } from './csrf';
import { problemFrom } from './problem';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The password as it is, or a code of the authenticator app. */
export type Proof = string | { code: string };
type PasswordPrompt = (wrongBefore: string | null) => Promise<Proof | null>;
let askPassword: PasswordPrompt = () => Promise.resolve(null);
let onSignedOut: () => void = () => undefined;

/** The app registers its password dialog here; it answers null when the person cancels. */
export function setPasswordPrompt(prompt: PasswordPrompt): void {
  askPassword = prompt;
}

export function setSignedOutHandler(handler: () => void): void {
  onSignedOut = handler;
}

function send(request: Request): Promise<Response> {
  const token = csrfToken();
  if (!SAFE.has(request.method) && token !== null) request.headers.set('X-CSRF-Token', token);
  return fetch(request);
}

async function wantsStepUp(response: Response): Promise<boolean> {
  if (response.status !== 403 && response.status !== 401) return false;
  return (await problemFrom(response)).type.endsWith('step-up-required');
}

/** Asks until the password or the code is right; false when the person gives up. */
async function stepUp(): Promise<boolean> {
  let wrongBefore: string | null = null;
  for (;;) {
    const proof = await askPassword(wrongBefore);
    if (proof === null) return false;
    const answer = await send(
      new Request(new URL(`${basePath}/api/auth/step-up`, location.origin), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(typeof proof === 'string' ? { password: proof } : proof),
      }),
    );
    if (answer.ok) return true;
    const problem = await problemFrom(answer);
    wrongBefore = problem.detail ?? problem.title;
  }
}

export async function apiFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await send(request);
  if (await wantsStepUp(response)) return (await stepUp()) ? send(again) : response;
  if (response.status === 401 && !new URL(request.url).pathname.includes('/api/auth/'))
    onSignedOut();
  return response;
}
