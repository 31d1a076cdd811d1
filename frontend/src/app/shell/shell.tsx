import { AppShell, Burger, Group, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Outlet, useRouter, useRouterState } from '@tanstack/react-router';
import { IconSearch } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { setSignedOutHandler } from '@/api/fetch';
import { connectLive } from '@/api/live';
import { basePath } from '@/api/base';
import { sessionQuery } from '@/api/session';
import { useLogOut } from '@/features/session/api';
import { LIVE_HANDLERS } from '../live-handlers';
import { ConnectionBar } from './connection-bar';
import { Navigation } from './navigation';
import { openPalette, Palette } from './palette';
import { PlainHttpBanner } from './plain-http-banner';
import classes from './shell.module.css';
import { UserMenu } from './user-menu';

const HEADER = 48;

/** Loads the page anew, so that nothing of what one person saw stays for the next. */
const leave = (elsewhere: string | null) =>
  window.location.assign(elsewhere ?? `${basePath}/login`);

export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(close, [path, close]);
  const client = useQueryClient();
  const router = useRouter();
  const logOut = useLogOut();
  useEffect(() => connectLive(client, LIVE_HANDLERS), [client]);
  useEffect(() => {
    // The route's guard then asks for the session anew and leads to the login, and back here after it.
    setSignedOutHandler(() => {
      client.removeQueries(sessionQuery);
      void router.invalidate();
    });
    return () => setSignedOutHandler(() => undefined);
  }, [client, router]);
  return (
    <AppShell
      header={{ height: HEADER }}
      navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
      transitionDuration={150}
    >
      <a href="#main" className={classes.skip}>
        Skip to the content
      </a>
      <AppShell.Header className={classes.header}>
        <Group h="100%" px="md" gap="sm" wrap="nowrap">
          <Burger
            opened={isOpen}
            onClick={toggle}
            hiddenFrom="sm"
            size="sm"
            aria-label={isOpen ? 'Close the navigation' : 'Open the navigation'}
          />
          <Link to="/" className={classes.brand}>
            Unity
          </Link>
          <UnstyledButton
            className={classes.search}
            onClick={openPalette}
            aria-keyshortcuts="Control+K Meta+K"
          >
            <IconSearch size={16} aria-hidden />
            <Text span size="sm" className={classes.searchText}>
              Find anything
            </Text>
            <kbd aria-hidden className={classes.keys}>
              Ctrl K
            </kbd>
          </UnstyledButton>
          <UserMenu
            onLogOut={() =>
              logOut.mutate(undefined, {
                onSuccess: ({ provider_url }) => leave(provider_url),
              })
            }
          />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" className={classes.navbar}>
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} className={classes.main}>
        <ConnectionBar />
        <PlainHttpBanner />
        <Outlet />
      </AppShell.Main>
      <Palette />
    </AppShell>
  );
}
