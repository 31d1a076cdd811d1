import { Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { Crumbs, type Crumb } from './crumbs';
import classes from './page.module.css';

interface PageProps {
  title: string;
  /** The way down to here; the page itself is left out. */
  crumbs?: readonly Crumb[];
  /** Beside the title: the status with its reason. */
  status?: ReactNode;
  /** Under the title, in one line. */
  subtitle?: ReactNode;
  /** The primary action and the menu. */
  actions?: ReactNode;
  children: ReactNode;
}

/** The header every page has, and its title in the browser's tab. */
export function Page({ title, crumbs, status, subtitle, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Unity`;
  }, [title]);
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start" gap="xs">
        <div className={classes.head}>
          {crumbs && <Crumbs crumbs={crumbs} />}
          <Group gap="sm">
            <Title order={1}>{title}</Title>
            {status}
          </Group>
          {subtitle && (
            <Text component="div" c="dimmed" size="sm">
              {subtitle}
            </Text>
          )}
        </div>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}

interface SectionProps {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** A card with a heading. */
export function Section({ title, actions, children }: SectionProps) {
  return (
    <section className={classes.card} aria-label={title}>
      <Group justify="space-between" mb="xs" gap="xs">
        <Title order={2}>{title}</Title>
        {actions}
      </Group>
      {children}
    </section>
  );
}
