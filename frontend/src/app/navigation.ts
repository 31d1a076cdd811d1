// The one table behind the left navigation and the palette. A word stands here when its page exists;
// the order is that of the map: inbox, overview, servers, storage, databases, containers, credentials,
// alerts, explore, system.
import {
  IconBell,
  IconChartLine,
  IconDatabase,
  IconKey,
  IconLayoutDashboard,
  IconServer2,
  IconSettings,
  IconStack2,
} from '@tabler/icons-react';
import { useAssistant } from '@/api/assistant';
import { useSession } from '@/api/session';
import type { NavigationPage, NavigationRow } from './navigation-types';
import { SYSTEM_PAGES } from './system-pages';

export const NAVIGATION: readonly NavigationRow[] = [
  { word: 'Overview', to: '/', icon: IconLayoutDashboard, keywords: 'home dashboard fleet' },
  {
    word: 'Servers',
    to: '/servers',
    icon: IconServer2,
    keywords: 'machines hosts fleet',
    pages: [
      {
        word: 'All servers',
        to: '/servers',
        keywords: 'machines hosts fleet list',
        needs: 'servers:read',
        about: 'Every machine that Unity watches, and how it is.',
      },
      {
        word: 'Inventory',
        to: '/servers/inventory',
        keywords: 'hardware processor memory kernel csv export',
        needs: 'servers:read',
        about: 'What your machines are made of, as they say themselves.',
      },
    ],
  },
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
      {
        word: 'Reports',
        to: '/alerts/reports',
        keywords: 'weekly health mail email digest summary schedule preview send',
        needs: 'notifications:manage',
        about: 'A mail every week that says how everything is.',
      },
    ],
  },
  {
    word: 'Explore',
    to: '/explore',
    icon: IconChartLine,
    keywords: 'metrics charts graphs compare measurements csv',
    needs: 'metrics:read',
  },
  {
    word: 'System',
    to: '/system',
    icon: IconSettings,
    pages: SYSTEM_PAGES,
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
