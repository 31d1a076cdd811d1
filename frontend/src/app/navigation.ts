// The one table behind the left navigation and the palette. A word stands here when its page exists;
// the order is that of the map: inbox, overview, servers, storage, databases, containers, credentials,
// alerts, explore, system.
import type { LinkProps } from '@tanstack/react-router';
import { IconLayoutDashboard, type Icon } from '@tabler/icons-react';

export interface NavigationRow {
  word: string;
  to: NonNullable<LinkProps['to']>;
  icon: Icon;
  /** Further words the palette finds it by. */
  keywords?: string;
  /** Shown under the word while one of them is open. */
  pages?: { word: string; to: NonNullable<LinkProps['to']>; keywords?: string }[];
}

export const NAVIGATION: readonly NavigationRow[] = [
  { word: 'Overview', to: '/', icon: IconLayoutDashboard, keywords: 'home dashboard fleet' },
];
