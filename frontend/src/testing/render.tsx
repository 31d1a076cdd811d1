import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { sessionQuery, type Permission } from '@/api/session';
import { theme } from '@/app/theme';
import { session } from './factories';

interface Options {
  /** The address, with its search. */
  at?: string;
  client?: QueryClient;
}

/** Renders inside theme, query cache and a router that knows every address; answers a user and the router. */
export async function renderUi(ui: ReactNode, { at = '/', client = testClient() }: Options = {}) {
  const root = createRootRoute({});
  const anywhere = createRoute({
    getParentRoute: () => root,
    path: '$',
    component: () => <div data-testid="ready">{ui}</div>,
  });
  const router = createRouter({
    routeTree: root.addChildren([anywhere]),
    history: createMemoryHistory({ initialEntries: [at] }),
  });
  const user = userEvent.setup();
  render(
    // `env="test"` leaves out transitions and portals' delays.
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={client}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  await screen.findByTestId('ready');
  return { user, router, client };
}

export function testClient(): QueryClient {
  return new QueryClient({ defaultOptions: { queries: { retry: false, gcTime: Infinity } } });
}

/** A cache in which alice is logged in, with these rights beside her own account's. */
export function signedInClient(...permissions: Permission[]): QueryClient {
  const client = testClient();
  client.setQueryData(
    sessionQuery.queryKey,
    session({ permissions: ['self:manage', ...permissions] }),
  );
  return client;
}
