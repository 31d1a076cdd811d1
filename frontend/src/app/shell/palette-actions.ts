import { useMantineColorScheme } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useNavigate, type LinkProps } from '@tanstack/react-router';
import { toProblem } from '@/api/problem';
import { runJob, startCollection } from '@/api/search';
import { useSession, type Permission } from '@/api/session';
import type { PaletteItem } from './palette-items';

interface Errand {
  label: string;
  to: NonNullable<LinkProps['to']>;
  keywords: string;
  needs: Permission;
}

// What people come to do, and the page on which they do it.
const ERRANDS: readonly Errand[] = [
  {
    label: 'Add a server',
    to: '/servers/add',
    keywords: 'new machine host enter',
    needs: 'servers:manage',
  },
  {
    label: 'Import servers',
    to: '/servers/import',
    keywords: 'bulk csv ansible ssh config many',
    needs: 'servers:manage',
  },
  {
    label: 'Generate an SSH key',
    to: '/credentials/ssh-keys',
    keywords: 'new create import key',
    needs: 'credentials:manage',
  },
  {
    label: 'Add a login',
    to: '/credentials/logins',
    keywords: 'new password credential',
    needs: 'credentials:manage',
  },
  {
    label: 'Create an API token',
    to: '/system/tokens',
    keywords: 'new make program key',
    needs: 'self:manage',
  },
  { label: 'Add a user', to: '/system/users', keywords: 'new person', needs: 'users:manage' },
  {
    label: 'Change your password',
    to: '/profile',
    keywords: 'security profile sessions log out',
    needs: 'self:manage',
  },
  {
    label: 'Verify the audit log',
    to: '/system/audit',
    keywords: 'chain intact check',
    needs: 'audit:read',
  },
];

const SCHEMES = ['light', 'dark', 'auto'] as const;
const SCHEME_WORDS = { light: 'light', dark: 'dark', auto: "the system's" } as const;

/** Starts work and opens the page that follows it; what goes wrong is told, as the palette is gone. */
function useStart() {
  const navigate = useNavigate();
  return async (start: () => Promise<string>) => {
    try {
      const runId = await start();
      await navigate({ to: '/system/runs/$runId', params: { runId } });
    } catch (error) {
      const problem = toProblem(error);
      notifications.show({
        color: 'red.9',
        title: problem.title,
        message: problem.detail ?? problem.message,
      });
    }
  };
}

/** What can be done with one thing, as further rows of the palette. */
export function useDeeds() {
  const { permissions } = useSession();
  const start = useStart();
  return {
    forServer: (id: string, name: string): PaletteItem[] =>
      permissions.includes('servers:collect')
        ? [
            {
              id: `collect ${id}`,
              group: 'Actions',
              label: `Collect now from ${name}`,
              keywords: 'refresh ask read again',
              run: () => void start(async () => (await startCollection(id)).run_id),
            },
          ]
        : [],
    forJob: (name: string, title: string): PaletteItem[] =>
      permissions.includes('jobs:manage')
        ? [
            {
              id: `run ${name}`,
              group: 'Actions',
              label: `Run now: ${title}`,
              run: () => void start(async () => (await runJob(name)).id),
            },
          ]
        : [],
  };
}

export function useActionItems(): PaletteItem[] {
  const navigate = useNavigate();
  const { permissions } = useSession();
  const { setColorScheme } = useMantineColorScheme();
  const errands = ERRANDS.filter(({ needs }) => permissions.includes(needs));
  return [
    ...errands.map(({ label, to, keywords }) => ({
      id: `action ${label}`,
      group: 'Actions',
      label,
      keywords,
      run: () => void navigate({ to }),
    })),
    ...SCHEMES.map((scheme) => ({
      id: `scheme ${scheme}`,
      group: 'Actions',
      label: `Use ${SCHEME_WORDS[scheme]} colours`,
      keywords: 'theme scheme appearance mode dark light',
      run: () => setColorScheme(scheme),
    })),
  ];
}
