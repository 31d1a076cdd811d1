import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, it } from 'vitest';
import { sessionQuery } from '@/api/session';
import { session } from '@/testing/factories';
import { renderUi, testClient } from '@/testing/render';
import { server } from '@/testing/server';
import type { Node, Topology } from './api';
import { Around } from './components/around';

const signedIn = () => {
  const client = testClient();
  client.setQueryData(sessionQuery.queryKey, session({ permissions: ['servers:read'] }));
  return client;
};

const node = (id: string, kind: string, fields: Partial<Node> = {}): Node => ({
  id,
  kind,
  name: id,
  detail: '',
  server_id: null,
  path: `/x/${id}`,
  side: 'above',
  missing_since: null,
  severity: null,
  alerts: [],
  ...fields,
});

const answers = (topology: Topology) =>
  server.use(http.get('*/api/infrastructure/topology', () => HttpResponse.json(topology)));

it('shows each layer with what is wrong there, and no link to where one is', async () => {
  answers({
    nodes: [
      node('nas', 'server', { side: 'below' }),
      node('sdb', 'storage_device', {
        side: 'here',
        severity: 'critical',
        alerts: [
          {
            id: '1',
            kind: 'drive_gone',
            title: 'sdb is gone',
            message: '',
            fix: '',
            severity: 'critical',
            state: 'firing',
            began_at: '2026-11-23T04:00:00Z',
            cause_id: null,
            muted_by: '',
          },
        ],
      }),
      node('md0', 'storage_pool', { detail: 'raid1' }),
      node('web', 'container'),
    ],
    edges: [{ source_id: 'md0', target_id: 'sdb', kind: 'stands_on' }],
    is_cut: false,
  });

  await renderUi(<Around resourceId="sdb" />, { client: signedIn() });

  const drives = await screen.findByRole('region', { name: 'Drives' });
  expect(within(drives).getByText('sdb is gone')).toBeVisible();
  expect(within(drives).queryByRole('link')).toBeNull();
  const pools = screen.getByRole('region', { name: 'Pools' });
  expect(within(pools).getByRole('link')).toHaveAttribute('href', '/x/md0');
  expect(within(pools).getByText('raid1')).toBeVisible();
  expect(within(pools).getByText('on sdb')).toBeInTheDocument(); // a phone shows no lines
  expect(screen.getByRole('region', { name: 'Others' })).toHaveTextContent('web');
});

it('says when nothing stands on a thing', async () => {
  answers({ nodes: [node('sdb', 'storage_device', { side: 'here' })], edges: [], is_cut: false });

  await renderUi(<Around resourceId="sdb" />, { client: signedIn() });

  expect(await screen.findByText('Nothing that Unity knows of stands on it.')).toBeVisible();
});

it('folds hundreds of drives that are well, and shows each one in trouble', async () => {
  const drives = Array.from({ length: 240 }, (_, index) =>
    node(`sd${index}`, 'storage_device', {
      side: 'below',
      severity: index >= 230 ? 'warning' : null,
    }),
  );
  answers({
    nodes: [...drives, node('tank', 'storage_pool', { side: 'here' })],
    edges: [],
    is_cut: false,
  });

  await renderUi(<Around resourceId="tank" />, { client: signedIn() });

  const layer = await screen.findByRole('region', { name: 'Drives' });
  expect(within(layer).getByRole('heading')).toHaveTextContent('Drives (240)');
  expect(within(layer).getAllByRole('link')).toHaveLength(12);
  expect(within(layer).getByText('sd239')).toBeVisible();
  await userEvent.click(within(layer).getByRole('button', { name: '228 more, all well' }));
  expect(within(layer).getAllByRole('link')).toHaveLength(240);
});
