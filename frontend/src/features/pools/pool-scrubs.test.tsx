import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { sessionQuery } from '@/api/session';
import { pageOf, session } from '@/testing/factories';
import { pool, POOL_ID as ID } from '@/testing/pools';
import { renderUi, testClient } from '@/testing/render';
import { server } from '@/testing/server';
import { PoolPage } from './components/pool-page';

const ONE = `*/api/infrastructure/pools/${ID}`;
const AT = '2026-11-23T04:00:00Z';

const signedIn = () => {
  const client = testClient();
  const permissions = ['servers:read', 'servers:manage'] as const;
  client.setQueryData(sessionQuery.queryKey, session({ permissions: [...permissions] }));
  return client;
};

describe('the scrubs of a pool', () => {
  beforeEach(() => {
    server.use(
      http.get('*/api/infrastructure/upkeep/actions', () =>
        HttpResponse.json(
          pageOf({
            id: '01a20000-0000-7000-8000-0000000000aa',
            server_id: pool().server_id,
            server_name: 'nas',
            resource_id: ID,
            resource_kind: 'storage_pool',
            resource_name: 'tank',
            kind: 'scrub',
            command: 'zpool scrub tank',
            state: 'aborted',
            message: 'It was stopped before its end.',
            errors: null,
            percent: null,
            requested_by: 'bob',
            started_at: AT,
            ended_at: AT,
          }),
        ),
      ),
    );
  });

  it('shows what was started, exactly, and how it ended', async () => {
    server.use(http.get(ONE, () => HttpResponse.json(pool())));
    await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
    expect(await screen.findByText('zpool scrub tank')).toBeVisible();
    expect(screen.getByText('aborted')).toBeVisible();
  });

  it('saves how often one is started', async () => {
    const saved = vi.fn();
    server.use(
      http.get(ONE, () => HttpResponse.json(pool())),
      http.put(`${ONE}/scrub-schedule`, async ({ request }) => {
        saved(await request.json());
        return HttpResponse.json(pool({ scrub_days: 30 }));
      }),
    );
    await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
    const days = await screen.findByRole('textbox', { name: 'Days' });
    await userEvent.clear(days);
    await userEvent.type(days, '30');
    await userEvent.click(screen.getByRole('button', { name: 'Save schedule' }));
    await vi.waitFor(() => expect(saved).toHaveBeenCalledWith({ days: 30, hour: null }));
  });

  it('says why an array without copies cannot be checked, and offers nothing', async () => {
    const why = 'An array without copies has nothing to compare.';
    server.use(http.get(ONE, () => HttpResponse.json(pool({ kind: 'md', cannot_scrub: why }))));
    await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
    expect(await screen.findByText(why)).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Check' })).toBeNull();
  });

  it('lets known errors be acknowledged', async () => {
    const known = vi.fn();
    server.use(
      http.get(ONE, () => HttpResponse.json(pool())),
      http.post(`${ONE}/acknowledge`, () => {
        known();
        return HttpResponse.json(pool());
      }),
    );
    await renderUi(<PoolPage poolId={ID} />, { client: signedIn() });
    await userEvent.click(await screen.findByRole('button', { name: 'I know this' }));
    await vi.waitFor(() => expect(known).toHaveBeenCalledOnce());
  });
});
