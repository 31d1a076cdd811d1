// What the left navigation and the palette are made of.
import type { LinkProps } from '@tanstack/react-router';
import type { Icon } from '@tabler/icons-react';
import type { Permission } from '@/api/session';

export interface NavigationPage {
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
