import { Button, Code, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMay } from '@/api/session';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { ProblemAlert } from '@/components/problem-alert';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { deliveryQuery, useRetryDelivery } from '../api';
import { DELIVERY_STATES } from '../delivery-states';

interface DeliveryDialogProps {
  id: string;
  onClose: () => void;
}

type Detail = Awaited<ReturnType<NonNullable<ReturnType<typeof deliveryQuery>['queryFn']>>>;

function Tries({ tries }: { tries: Detail['tries'] }) {
  if (tries.length === 0)
    return (
      <Text size="sm" c="dimmed">
        No attempt was made yet.
      </Text>
    );
  return (
    <Table aria-label="Attempts">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Attempt</Table.Th>
          <Table.Th>When</Table.Th>
          <Table.Th>What came of it</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {tries.map((one) => (
          <Table.Tr key={one.number}>
            <Table.Td>{one.number}</Table.Td>
            <Table.Td>
              <RelativeTime at={one.began_at} />
            </Table.Td>
            <Table.Td>
              {one.state}
              {one.answer !== '' && `: ${one.answer}`}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** One message: its words, its attempts, and the button that sends a dead letter again. */
export function DeliveryDialog({ id, onClose }: DeliveryDialogProps) {
  const delivery = useQuery(deliveryQuery(id));
  const retry = useRetryDelivery(id);
  const may = useMay('notifications:manage');
  return (
    <Modal opened onClose={onClose} title={delivery.data?.title ?? 'Delivery'} size="lg">
      <Faces
        query={delivery}
        what="The delivery could not be read"
        skeleton={<CardSkeleton height={240} />}
      >
        {(data) => (
          <Stack gap="md">
            <Group gap="sm">
              <StatusBadge state={DELIVERY_STATES[data.state].state}>
                {DELIVERY_STATES[data.state].word}
              </StatusBadge>
              <Text size="sm">
                by {data.channel_name}, <RelativeTime at={data.made_at} />
                {data.next_try_at !== null && data.attempts > 0 && (
                  <>
                    , next attempt <RelativeTime at={data.next_try_at} />
                  </>
                )}
              </Text>
            </Group>
            {data.reason !== '' && (
              <Notice state={DELIVERY_STATES[data.state].state} title="Why">
                {data.reason}
              </Notice>
            )}
            <Code block>{data.text}</Code>
            <Tries tries={data.tries} />
            {retry.error && <ProblemAlert what="It was not tried again" error={retry.error} />}
            {may && data.state === 'dead' && data.channel_id !== null && (
              <Group>
                <Button onClick={() => retry.mutate(undefined)} loading={retry.isPending}>
                  Try again
                </Button>
              </Group>
            )}
          </Stack>
        )}
      </Faces>
    </Modal>
  );
}
