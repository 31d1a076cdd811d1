import { Button, Group, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { plural } from '@/lib/format';
import { feedQuery, newestQuery, type ActivityFilters } from '../api';
import { ActivityList } from './activity-list';
import classes from './activity.module.css';

interface FreshProps {
  count: number;
  isMore: boolean;
  onShow: () => void;
}

/** Offered instead of shown, so that no row moves under the reader's eyes. */
function Fresh({ count, isMore, onShow }: FreshProps) {
  return (
    <Group justify="center" role="status" className={classes.fresh}>
      {count > 0 && (
        <Button size="xs" variant="light" onClick={onShow}>
          {isMore
            ? `Show more than ${plural(count, 'new event')}`
            : `Show ${plural(count, 'new event')}`}
        </Button>
      )}
    </Group>
  );
}

/** What happened, with older pages on demand and newer events as they come. */
export function ActivityFeed({ filters }: { filters: ActivityFilters }) {
  const feed = useInfiniteQuery(feedQuery(filters));
  const newest = useQuery({ ...newestQuery(filters), enabled: feed.isSuccess });
  const items = feed.data?.pages.flatMap((page) => page.items) ?? [];
  const top = items[0]?.id ?? '';
  // Ids rise with time, so that what is above the first one shown is new.
  const fresh = (newest.data?.items ?? []).filter(({ id }) => id > top).length;
  const isNarrowed = Boolean(filters.kind ?? filters.q ?? filters.actor ?? filters.span);
  return (
    <div>
      <Fresh
        count={fresh}
        isMore={fresh > 0 && fresh === newest.data?.items.length && newest.data.next !== null}
        onShow={() => void feed.refetch()}
      />
      <Faces
        query={feed}
        what="The activity could not be read"
        skeleton={<RowsSkeleton rows={12} />}
        isEmpty={() => items.length === 0}
        empty={
          <EmptyState title={isNarrowed ? 'Nothing matches' : 'Nothing has happened yet'}>
            {isNarrowed
              ? 'Something may have happened, but the filters above leave nothing of it.'
              : 'What servers, people and Unity itself do is told here as it happens.'}
          </EmptyState>
        }
      >
        {() => <ActivityList items={items} />}
      </Faces>
      {feed.hasNextPage && (
        <Group justify="center">
          <Button
            variant="default"
            onClick={() => void feed.fetchNextPage()}
            loading={feed.isFetchingNextPage}
          >
            Show older
          </Button>
        </Group>
      )}
      {items.length > 0 && feed.isSuccess && !feed.hasNextPage && (
        <Text size="sm" c="dimmed" ta="center">
          That is all that is kept.
        </Text>
      )}
    </div>
  );
}
