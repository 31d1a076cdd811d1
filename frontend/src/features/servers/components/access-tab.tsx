import { Stack } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Section } from '@/components/page';
import type { Server } from '../api';
import classes from './servers.module.css';

const SUDO: Record<Server['sudo'], string> = {
  none: 'Not used: what only root may read is left out.',
  passwordless: 'Used without a password, for the lines that sudoers allows.',
  password: 'Used with a password.',
};

function Pair({ word, children }: { word: string; children: ReactNode }) {
  return (
    <>
      <dt>{word}</dt>
      <dd>{children}</dd>
    </>
  );
}

function login({ ssh_key_name, credential_name }: Server): string {
  const ways = [
    ssh_key_name === null ? '' : `the key ${ssh_key_name}`,
    credential_name === null ? '' : `the login ${credential_name}`,
  ].filter(Boolean);
  return ways.length > 0 ? `With ${ways.join(', then ')}.` : 'None is chosen yet.';
}

/** How Unity gets in. */
export function AccessTab({ server, children }: { server: Server; children: ReactNode }) {
  return (
    <Stack gap="md">
      <Section
        title="Login"
        actions={
          <Link to="." search={(old) => ({ ...old, tab: 'settings' as const })}>
            Change
          </Link>
        }
      >
        <dl className={classes.pairs}>
          <Pair word="Address">
            {server.host}, port {server.port}
          </Pair>
          <Pair word="Account">{server.username}</Pair>
          <Pair word="Login">{login(server)}</Pair>
          <Pair word="By way of">
            {server.jump_server_id === null ? (
              'Directly.'
            ) : (
              <Link to="/servers/$serverId" params={{ serverId: server.jump_server_id }}>
                {server.jump_server_name}
              </Link>
            )}
          </Pair>
          <Pair word="sudo">{SUDO[server.sudo]}</Pair>
        </dl>
      </Section>
      {children}
    </Stack>
  );
}
