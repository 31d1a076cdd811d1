import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it, vi } from 'vitest';
import { csrfToken } from '@/api/csrf';
import { sessionQuery } from '@/api/session';
import { session } from '@/testing/factories';
import { renderUi } from '@/testing/render';
import { server } from '@/testing/server';
import { LoginPage } from './components/login-page';
import { SetupPage } from './components/setup-page';

describe('the login', () => {
  const fill = async (user: Awaited<ReturnType<typeof renderUi>>['user']) => {
    await user.type(screen.getByLabelText(/^Name/), 'alice');
    await user.type(screen.getByLabelText(/^Password/), 'four words and more');
    await user.click(screen.getByRole('button', { name: 'Log in' }));
  };

  it('lets a person in and keeps their session and its token', async () => {
    server.use(http.post('*/api/auth/login', () => HttpResponse.json(session())));
    const onEntered = vi.fn();
    const { user, client } = await renderUi(<LoginPage onEntered={onEntered} />);
    await fill(user);
    await vi.waitFor(() => expect(onEntered).toHaveBeenCalledOnce());
    expect(client.getQueryData(sessionQuery.queryKey)?.user?.name).toBe('alice');
    expect(csrfToken()).toBe('proof');
  });

  it('says why not, and empties the password', async () => {
    const refusal = {
      title: 'Wrong name or password',
      detail: 'Check both and try again.',
      fix: '',
    };
    server.use(http.post('*/api/auth/login', () => HttpResponse.json(refusal, { status: 401 })));
    const { user } = await renderUi(<LoginPage onEntered={() => undefined} />);
    await fill(user);
    expect(await screen.findByRole('alert')).toHaveTextContent('Check both and try again.');
    expect(screen.getByLabelText(/^Password/)).toHaveValue('');
  });
});

describe('the first run', () => {
  const fill = async (
    user: Awaited<ReturnType<typeof renderUi>>['user'],
    again = 'four words and more',
  ) => {
    await user.type(screen.getByLabelText(/^Token/), ' abc ');
    await user.type(screen.getByLabelText(/^Name/), 'alice');
    await user.type(screen.getByLabelText(/^Password \*|^Password$/), 'four words and more');
    await user.type(screen.getByLabelText(/^Password again/), again);
    await user.click(screen.getByRole('button', { name: 'Make the admin' }));
  };

  it('sends the token without the blanks of copying', async () => {
    let sent: unknown;
    server.use(
      http.post('*/api/auth/setup', async ({ request }) => {
        sent = await request.json();
        return HttpResponse.json(session(), { status: 201 });
      }),
    );
    const onEntered = vi.fn();
    const { user } = await renderUi(<SetupPage onEntered={onEntered} />);
    await fill(user);
    await vi.waitFor(() => expect(onEntered).toHaveBeenCalledOnce());
    expect(sent).toEqual({
      token: 'abc',
      name: 'alice',
      full_name: '',
      password: 'four words and more',
    });
  });

  it('puts what the server minds at its field', async () => {
    const body = {
      title: 'Not valid',
      errors: [{ pointer: '/body/name', detail: 'Only small letters.' }],
    };
    server.use(http.post('*/api/auth/setup', () => HttpResponse.json(body, { status: 422 })));
    const { user } = await renderUi(<SetupPage onEntered={() => undefined} />);
    await fill(user);
    expect(await screen.findByText('Only small letters.')).toBeVisible();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('does not send two passwords that differ', async () => {
    const { user } = await renderUi(<SetupPage onEntered={() => undefined} />);
    await fill(user, 'other');
    expect(await screen.findByText('The two passwords differ.')).toBeVisible();
  });
});
