import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { setPasswordPrompt } from '@/api/fetch';
import { sessionQuery } from '@/api/session';
import { session } from '@/testing/factories';
import { renderUi, testClient } from '@/testing/render';
import { StepUpDialog } from '../step-up-dialog';
import { searchPalette } from './palette-search';
import { isPlainHttp, PlainHttpBanner } from './plain-http-banner';

const clientWith = (state: ReturnType<typeof session>) => {
  const client = testClient();
  client.setQueryData(sessionQuery.queryKey, state);
  return client;
};

const item = (label: string, keywords = '') => ({
  id: label,
  group: 'Pages',
  label,
  keywords,
  run: () => undefined,
});

it('the palette finds every word and puts what begins with it first', () => {
  const items = [item('All servers'), item('Server alpha'), item('Audit', 'log')];
  const found = (query: string) => searchPalette(items, query).map(({ label }) => label);
  expect(found('server')).toEqual(['Server alpha', 'All servers']);
  expect(found('LOG')).toEqual(['Audit']);
  expect(found('server log')).toEqual([]);
});

it('plain HTTP is warned of on a network and not on the machine itself', async () => {
  expect(isPlainHttp({ protocol: 'http:', hostname: '127.0.0.1' })).toBe(false);
  expect(isPlainHttp({ protocol: 'https:', hostname: 'unity.home' })).toBe(false);
  await renderUi(<PlainHttpBanner where={{ protocol: 'http:', hostname: 'unity.home' }} />, {
    client: clientWith(session({ is_secure: false })),
  });
  expect(screen.getByRole('status')).toHaveTextContent('--tls-self-signed');
});

it('TLS that ends at a proxy whose word is not taken is told', async () => {
  await renderUi(<PlainHttpBanner where={{ protocol: 'https:', hostname: 'unity.home' }} />, {
    client: clientWith(session({ is_secure: false })),
  });
  expect(screen.getByRole('status')).toHaveTextContent('UNITY_SERVER__TRUSTED_PROXIES');
});

it('the password dialog is ready for the calls that need it and goes away with the app', async () => {
  await renderUi(<StepUpDialog />);
  expect(screen.queryByText('Confirm that it is you')).toBeNull();
  setPasswordPrompt(() => Promise.resolve(null));
});
