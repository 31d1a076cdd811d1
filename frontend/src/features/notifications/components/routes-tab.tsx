import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { StatusBadge } from '@/components/status-badge';
import { channelNamesQuery, routesQuery, useDeleteRoute, type Route } from '../api';
import { matchInWords, planInWords, treeOf } from '../words';
import { RouteForm } from './route-form';
import { WhoGetsIt } from './who-gets-it';
import classes from './routes-tab.module.css';

interface RowProps {
  route: Route;
  depth: number;
  onEdit: (route: Route) => void;
}

function RouteRow({ route, depth, onEdit }: RowProps) {
  const may = useMay('notifications:manage');
  const names = useQuery(channelNamesQuery).data ?? [];
  const remove = useDeleteRoute(route.id);
  const [isAsking, setIsAsking] = useState(false);
  const close = () => setIsAsking(false);
  return (
    <li className={classes.row} data-depth={Math.min(depth, 5)}>
      <Group justify="space-between" gap="xs">
        <Group gap="sm">
          <Text fw={600}>{route.name}</Text>
          {!route.is_enabled && <StatusBadge state="unknown">off</StatusBadge>}
          {route.findings.length > 0 && <StatusBadge state="warning">look at it</StatusBadge>}
        </Group>
        {may && (
          <Group gap="xs">
            <Button size="xs" variant="default" onClick={() => onEdit(route)}>
              Edit
            </Button>
            <Button size="xs" variant="default" onClick={() => setIsAsking(true)}>
              Delete
            </Button>
          </Group>
        )}
      </Group>
      <Text size="sm">
        {matchInWords(route)} → {planInWords(route, names)}
      </Text>
      {route.findings.map((text) => (
        <Text key={text} size="sm" fw={500}>
          {text}
        </Text>
      ))}
      {route.goes_on && (
        <Text size="sm" c="dimmed">
          Then the next routes are tried as well.
        </Text>
      )}
      <ConfirmDialog
        isOpen={isAsking}
        onClose={close}
        title={`Delete the route ${route.name}?`}
        confirmLabel="Delete"
        isDangerous
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined, { onSuccess: close })}
      >
        The routes below it go as well. Alerts that take another way are told there.
      </ConfirmDialog>
    </li>
  );
}

/** Which alerts go where, as a tree, and the answer to "who would get this?". */
export function RoutesTab() {
  const may = useMay('notifications:manage');
  const routes = useQuery(routesQuery);
  const [open, setOpen] = useState<{ route: Route | null } | null>(null);
  const close = () => setOpen(null);
  const add = may && <Button onClick={() => setOpen({ route: null })}>Add a route</Button>;
  return (
    <Stack gap="md">
      <Section title="Routes" actions={add}>
        <Faces
          query={routes}
          what="The routes could not be read"
          skeleton={<RowsSkeleton />}
          isEmpty={(data) => data.length === 0}
          empty={
            <EmptyState title="No route tells anybody" action={add}>
              A route says which alerts go to which channels. The first one that fits is taken.
            </EmptyState>
          }
        >
          {(data) => (
            <ul className={classes.tree}>
              {treeOf(data).map(({ route, depth }) => (
                <RouteRow
                  key={route.id}
                  route={route}
                  depth={depth}
                  onEdit={() => setOpen({ route })}
                />
              ))}
            </ul>
          )}
        </Faces>
      </Section>
      <WhoGetsIt />
      <Modal
        opened={open !== null}
        onClose={close}
        title={open?.route?.name ?? 'Add a route'}
        size="lg"
      >
        <RouteForm route={open?.route ?? null} onSaved={close} onCancel={close} />
      </Modal>
    </Stack>
  );
}
