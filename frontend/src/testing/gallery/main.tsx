// Every shared component in all its faces, with made-up data: `npm run dev`, then /gallery.html.
// It is not part of the build.
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import '@/app/theme.css';
import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { sessionQuery } from '@/api/session';
import { Providers } from '@/app/providers';
import { createQueryClient } from '@/app/query-client';
import { Shell } from '@/app/shell/shell';
import { session } from '../factories';
import { Gallery } from './gallery';

const root = createRootRoute({ component: Shell });
const page = createRoute({ getParentRoute: () => root, path: '$', component: Gallery });
const router = createRouter({ routeTree: root.addChildren([page]), history: createHashHistory() });

const client = createQueryClient();
client.setQueryData(sessionQuery.queryKey, session());

createRoot(document.getElementById('root') ?? document.body).render(
  <Providers client={client}>
    <RouterProvider router={router as never} />
  </Providers>,
);
