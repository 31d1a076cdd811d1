import { Container, Stack, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import classes from './door.module.css';

interface DoorProps {
  title: string;
  lead?: ReactNode;
  children: ReactNode;
}

/** The frame of the pages before the login. */
export function Door({ title, lead, children }: DoorProps) {
  useEffect(() => {
    document.title = `${title} · Unity`;
  }, [title]);
  return (
    <Container component="main" size={440} py={{ base: 32, sm: 80 }}>
      <div className={classes.card}>
        <Stack gap="md">
          <div>
            <Text className={classes.brand}>Unity</Text>
            <Title order={1}>{title}</Title>
          </div>
          {lead && (
            <Text component="div" c="dimmed">
              {lead}
            </Text>
          )}
          {children}
        </Stack>
      </div>
    </Container>
  );
}
