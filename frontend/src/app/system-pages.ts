// The pages under "System" in the left navigation.
import type { NavigationPage } from './navigation-types';

export const SYSTEM_PAGES: readonly NavigationPage[] = [
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
    about: 'A language model that explains alerts and answers questions; off unless you want it.',
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
];
