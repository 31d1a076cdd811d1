import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { server } from '@/testing/server';
import { setCsrfToken } from './csrf';
import { apiFetch, setPasswordPrompt, setSignedOutHandler } from './fetch';
import { splitProblem } from './field-errors';
import { ApiProblem, problemFrom, toProblem } from './problem';

const address = (path: string) => new URL(path, location.origin).href;
const write = (path: string) =>
  apiFetch(new Request(address(path), { method: 'POST', body: '{"a":1}' }));
const stepUpRequired = () =>
  HttpResponse.json(
    { type: '/problems/step-up-required', title: 'Your password is needed' },
    { status: 403 },
  );

beforeEach(() => {
  setCsrfToken(null);
  setSignedOutHandler(() => undefined);
});

describe('calls', () => {
  it('carry the CSRF token on writes and not on reads', async () => {
    const seen: (string | null)[] = [];
    server.use(
      http.all('*/api/thing', ({ request }) => {
        seen.push(request.headers.get('X-CSRF-Token'));
        return new HttpResponse(null, { status: 204 });
      }),
    );
    setCsrfToken('proof');
    await apiFetch(new Request(address('/api/thing')));
    await write('/api/thing');
    expect(seen).toEqual([null, 'proof']);
  });

  it('tell the app when the session is over, but not when a sign-in fails', async () => {
    const over = vi.fn();
    setSignedOutHandler(over);
    server.use(http.all('*/api/*', () => new HttpResponse(null, { status: 401 })));
    await write('/api/auth/login');
    expect(over).not.toHaveBeenCalled();
    await write('/api/thing');
    expect(over).toHaveBeenCalledOnce();
  });
});

describe('a dangerous verb', () => {
  const passwords = (...answers: (string | null)[]) => {
    const prompt = vi.fn<(wrongBefore: string | null) => Promise<string | null>>(() =>
      Promise.resolve(answers.shift() ?? null),
    );
    setPasswordPrompt(prompt);
    return prompt;
  };

  it('asks for the password until it is right, then goes on with the same body', async () => {
    let isProven = false;
    const bodies: unknown[] = [];
    server.use(
      http.post('*/api/danger', async ({ request }) => {
        if (!isProven) return stepUpRequired();
        bodies.push(await request.json());
        return HttpResponse.json({});
      }),
      http.post('*/api/auth/step-up', async ({ request }) => {
        isProven = ((await request.json()) as { password: string }).password === 'right';
        return isProven
          ? new HttpResponse(null, { status: 204 })
          : HttpResponse.json({ detail: 'That is not your password.' }, { status: 401 });
      }),
    );
    const prompt = passwords('wrong', 'right');
    expect((await write('/api/danger')).status).toBe(200);
    expect(bodies).toEqual([{ a: 1 }]);
    expect(prompt.mock.calls).toEqual([[null], ['That is not your password.']]);
  });

  it('is left undone when the person gives up', async () => {
    server.use(http.post('*/api/danger', stepUpRequired));
    passwords(null);
    expect((await write('/api/danger')).status).toBe(403);
  });
});

describe('problems', () => {
  it('say so when something else than Unity answered', async () => {
    const problem = await problemFrom(new Response('<html>', { status: 502 }));
    expect(problem.title).toBe('Unity answered with status 502');
  });

  it('say so when nobody answered', () => {
    expect(toProblem(new TypeError('Failed to fetch')).is('no-answer')).toBe(true);
  });

  it('stand at their fields, and above the form when they have none', () => {
    const problem = new ApiProblem(422, {
      errors: [
        { detail: 'Too short.', pointer: '/body/name' },
        { detail: 'Odd.', pointer: '#/other' },
      ],
    });
    expect(splitProblem(problem, ['name'])).toEqual({
      fields: { name: 'Too short.' },
      rest: problem,
    });
    expect(splitProblem(problem, ['name', 'other']).rest).toBeNull();
  });
});
