import { Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Page } from '@/components/page';
import { useNavigation } from '../navigation';
import classes from './system-view.module.css';

/** What Unity itself consists of; each card is one page. */
export function SystemView() {
  const pages = useNavigation().find(({ to }) => to === '/system')?.pages ?? [];
  return (
    <Page title="System" subtitle="Unity itself: its work, its people, its log and its settings.">
      <div className={classes.cards}>
        {pages.map(({ word, to, about }) => (
          <Link key={to} to={to} className={classes.card}>
            <Title order={2}>{word}</Title>
            <Text size="sm" c="dimmed">
              {about}
            </Text>
          </Link>
        ))}
      </div>
    </Page>
  );
}
