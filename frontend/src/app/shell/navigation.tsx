import { Stack, VisuallyHidden } from '@mantine/core';
import { Link, useRouterState } from '@tanstack/react-router';
import { STATE_WORDS, StatusMark } from '@/components/status-badge';
import { useNavigation } from '../navigation';
import type { NavigationRow } from '../navigation-types';
import { useBadges, type Badge } from './badges';
import classes from './shell.module.css';

function Mark({ badge }: { badge: Badge | undefined }) {
  if (!badge || badge.state === 'ok') return null;
  return (
    <span className={classes.badge}>
      <StatusMark state={badge.state} />
      {badge.count}
      <VisuallyHidden>{STATE_WORDS[badge.state]}</VisuallyHidden>
    </span>
  );
}

function Row({ row, badge }: { row: NavigationRow; badge: Badge | undefined }) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const isIn = (to: string) => path === to || path.startsWith(`${to}/`);
  const isOnPage = row.pages?.some(({ to }) => isIn(to)) ?? false;
  // Also on what lies under the word without being a page of its own, such as one run of a job.
  const isOpen = isOnPage || isIn(row.to);
  const RowIcon = row.icon;
  return (
    <>
      <Link
        to={row.to}
        className={classes.link}
        activeOptions={{ exact: row.to === '/' || isOnPage }}
      >
        <RowIcon size={18} stroke={1.7} aria-hidden />
        {row.word}
        <Mark badge={badge} />
      </Link>
      {isOpen &&
        row.pages?.map((page) => (
          <Link
            key={page.to}
            to={page.to}
            className={`${classes.link} ${classes.page}`}
            // A page above another one is not open while that one is.
            activeOptions={{
              exact: row.pages?.some(
                ({ to }) => to !== page.to && to.startsWith(`${page.to}/`) && isIn(to),
              ),
            }}
          >
            {page.word}
          </Link>
        ))}
    </>
  );
}

export function Navigation() {
  const badges = useBadges();
  return (
    <Stack component="nav" gap={2} aria-label="Main">
      {useNavigation().map((row) => (
        <Row key={row.word} row={row} badge={badges[row.word]} />
      ))}
    </Stack>
  );
}
