// The one table behind the left navigation and the palette. A word stands here when its page exists;
// the order is that of the map: inbox, overview, servers, storage, databases, containers, credentials,
// alerts, explore, system.
import type { LinkProps } from '@tanstack/react-router';
import {
  IconBell,
  IconDatabase,
  IconKey,
  IconLayoutDashboard,
  IconServer2,
  IconSettings,
  IconStack2,
  type Icon,
} from '@tabler/icons-react';
import { useAssistant } from '@/api/assistant';
import { useSession, type Permission } from '@/api/session';

interface NavigationPage {
  word: string;
  to: NonNullable<LinkProps['to']>;
  /** Further words the palette finds it by. */
  keywords?: string;
  /** Left out for those who lack it. */
  needs?: Permission;
  /** What the page is for, in a sentence. */
  about?: string;
}

export interface NavigationRow extends NavigationPage {
  icon: Icon;
  /** Shown under the word while one of them is open. */
  pages?: readonly NavigationPage[];
}

export const NAVIGATION: readonly NavigationRow[] = [
  { word: 'Overview', to: '/', icon: IconLayoutDashboard, keywords: 'home dashboard fleet' },
  { word: 'Servers', to: '/servers', icon: IconServer2, keywords: 'machines hosts fleet' },
  {
    word: 'Storage',
    to: '/storage',
    icon: IconDatabase,
    keywords: 'disks drives pools zfs raid bays',
    pages: [
      {
        word: 'Drives',
        to: '/storage/devices',
        keywords: 'disks smart nvme ssd hdd wear temperature',
        needs: 'servers:read',
        about: 'Every drive of every machine, how it is, and why.',
      },
      {
        word: 'Pools',
        to: '/storage/pools',
        keywords: 'zfs raid md lvm btrfs scrub resilver',
        needs: 'servers:read',
        about: 'What drives are put together to, and whether it is whole.',
      },
      {
        word: 'Forecasts',
        to: '/storage/forecasts',
        keywords: 'foresight days to full wear out trend prediction capacity risk',
        needs: 'servers:read',
        about: 'What fills up, wears out or fails next, and when.',
      },
      {
        word: 'Topology',
        to: '/storage/topology',
        keywords: 'map tree dependencies stands on cause',
        needs: 'servers:read',
        about: 'What stands on what, from the drives up to the databases.',
      },
      {
        word: 'Tests and scrubs',
        to: '/storage/upkeep',
        keywords: 'self-test smart scrub check schedule planner overdue journal',
        needs: 'servers:read',
        about: 'Self-tests and scrubs: what is planned, what runs, and what came of it.',
      },
    ],
  },
  {
    word: 'Databases',
    to: '/databases',
    icon: IconStack2,
    keywords: 'postgresql mysql mariadb mongodb redis valkey minio queries replication',
    needs: 'servers:read',
    about: 'Every database of every machine: how it is, its numbers, and its login.',
  },
  {
    word: 'Credentials',
    to: '/credentials/ssh-keys',
    icon: IconKey,
    needs: 'credentials:read',
    pages: [
      {
        word: 'SSH keys',
        to: '/credentials/ssh-keys',
        keywords: 'credentials public private ed25519',
        needs: 'credentials:read',
        about: 'What Unity logs in with, and where it is installed.',
      },
      {
        word: 'Logins',
        to: '/credentials/logins',
        keywords: 'credentials passwords accounts sudo',
        needs: 'credentials:read',
        about: 'User names with their passwords, stored encrypted.',
      },
    ],
  },
  {
    word: 'Alerts',
    to: '/alerts',
    icon: IconBell,
    keywords: 'alarm firing history inbox',
    needs: 'alerts:read',
    pages: [
      {
        word: 'Inbox',
        to: '/alerts',
        keywords: 'alarm firing history acknowledge snooze',
        needs: 'alerts:read',
        about: 'What is wrong now, the worst and oldest first.',
      },
      {
        word: 'Rules',
        to: '/alerts/rules',
        keywords: 'thresholds levels conditions preview lint',
        needs: 'alerts:read',
        about: 'What Unity watches for, tried out over what was measured.',
      },
      {
        word: 'Silences',
        to: '/alerts/silences',
        keywords: 'mute maintenance window quiet snooze',
        needs: 'alerts:read',
        about: 'What nobody is told of, until when, and why.',
      },
      {
        word: 'Notifications',
        to: '/alerts/notifications',
        keywords: 'channels routes email ntfy webhook apprise ledger templates deliveries quiet',
        needs: 'alerts:read',
        about: 'Who is told, by which channels, and whether it arrived.',
      },
    ],
  },
  {
    word: 'System',
    to: '/system',
    icon: IconSettings,
    pages: [
      {
        word: 'Ask',
        to: '/ask',
        keywords: 'question ai assistant model',
        needs: 'assistant:use',
        about: 'Ask a language model about your machines.',
      },
      {
        word: 'Activity',
        to: '/activity',
        keywords: 'feed events history what happened changes news',
        needs: 'system:read',
        about: 'What servers, people and Unity itself did, in plain words.',
      },
      {
        word: 'Jobs',
        to: '/system/jobs',
        keywords: 'schedule runs tasks cron',
        needs: 'jobs:read',
        about: 'What runs by the clock, when it runs next, and how the last runs ended.',
      },
      {
        word: 'Audit',
        to: '/system/audit',
        keywords: 'log history who chain',
        needs: 'audit:read',
        about: 'Who did what and when, and whether the log is whole.',
      },
      {
        word: 'Users',
        to: '/system/users',
        keywords: 'people accounts roles',
        needs: 'users:read',
        about: 'Who may log in, with which role.',
      },
      {
        word: 'Groups',
        to: '/system/groups',
        keywords: 'labels racks teams rights resources',
        needs: 'resources:read',
        about: 'What belongs together, and who has rights in it.',
      },
      {
        word: 'Single sign-on',
        to: '/system/sign-on',
        keywords: 'oidc openid provider authentik keycloak authelia users login',
        needs: 'users:manage',
        about: 'Servers by which people log in, and what their groups may do here.',
      },
      {
        word: 'Tokens',
        to: '/system/tokens',
        keywords: 'api key program',
        about: 'Keys for programs that use the API.',
      },
      {
        word: 'Plugins',
        to: '/system/plugins',
        keywords: 'gallery checks http ping dns ups nut pihole proxmox restic push integrations',
        needs: 'plugins:read',
        about: 'What plugins watch, and which ones there are.',
      },
      {
        word: 'Backup',
        to: '/system/backup',
        keywords: 'restore archive drill disaster s3 sftp',
        needs: 'backup:manage',
        about: 'Where backups of Unity go, and whether they can be restored.',
      },
      {
        word: 'AI',
        to: '/system/assistant',
        keywords: 'model llm ollama openai anthropic assistant explain questions',
        needs: 'settings:manage',
        about:
          'A language model that explains alerts and answers questions; off unless you want it.',
      },
      {
        word: 'Settings',
        to: '/system/settings',
        keywords: 'features version',
        needs: 'system:read',
        about: 'The version, and what is switched on.',
      },
      {
        word: 'You',
        to: '/profile',
        keywords: 'profile password sessions security',
        about: 'Your password, where you are logged in, and your tokens.',
      },
    ],
  },
];

/** The rows and pages that this person may open. */
export function useNavigation(): NavigationRow[] {
  const { permissions } = useSession();
  const answersQuestions = useAssistant()?.answers_questions ?? false;
  const may = ({ to, needs }: NavigationPage) =>
    (needs === undefined || permissions.includes(needs)) && (to !== '/ask' || answersQuestions);
  return NAVIGATION.filter(may).map(({ pages, ...row }) =>
    pages === undefined ? row : { ...row, pages: pages.filter(may) },
  );
}
