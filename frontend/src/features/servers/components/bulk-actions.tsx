import { Button, Modal, Stack, TagsInput, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { FormActions } from '@/components/form-actions';
import { ProblemAlert } from '@/components/problem-alert';
import { plural } from '@/lib/format';
import { groupsQuery, tagsQuery, useEditLabels, useSwitchServers, type Server } from '../api';

interface BulkActionsProps {
  servers: Server[];
  onDone: () => void;
}

const sorted = (words: Iterable<string>) => [...new Set(words)].sort();

const NOTHING = { add_tags: [], remove_tags: [], add_groups: [], remove_groups: [] };

function LabelDialog({ servers, onDone, onClose }: BulkActionsProps & { onClose: () => void }) {
  const edit = useEditLabels();
  const tags = useQuery(tagsQuery).data ?? [];
  const groups = useQuery(groupsQuery).data ?? [];
  const [labels, setLabels] = useState<Record<keyof typeof NOTHING, string[]>>(NOTHING);
  const field = (name: keyof typeof NOTHING, data: string[]) => ({
    data,
    value: labels[name],
    onChange: (value: string[]) => setLabels((old) => ({ ...old, [name]: value })),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    edit.mutate({ ids: servers.map(({ id }) => id), ...labels }, { onSuccess: onDone });
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Tags and groups of ${plural(servers.length, 'server')}`}
    >
      <form onSubmit={submit}>
        <Stack gap="md">
          <TagsInput
            label="Add tags"
            description="Press Enter after each one."
            {...field(
              'add_tags',
              tags.map(({ tag }) => tag),
            )}
          />
          <TagsInput
            label="Remove tags"
            {...field('remove_tags', sorted(servers.flatMap((server) => server.tags)))}
          />
          <TagsInput
            label="Add to groups"
            description="A new name makes a new group."
            {...field(
              'add_groups',
              groups.map(({ name }) => name),
            )}
          />
          <TagsInput
            label="Remove from groups"
            {...field('remove_groups', sorted(servers.flatMap((server) => server.groups)))}
          />
          <FormActions
            submitLabel="Change them"
            isBusy={edit.isPending}
            error={edit.error}
            onCancel={onClose}
          />
        </Stack>
      </form>
    </Modal>
  );
}

/** What can be done with all chosen servers at once. */
export function BulkActions({ servers, onDone }: BulkActionsProps) {
  const [isLabelling, setIsLabelling] = useState(false);
  const switching = useSwitchServers();
  const toggle = (isEnabled: boolean) => {
    const ids = servers.filter((server) => server.is_enabled !== isEnabled).map(({ id }) => id);
    switching.mutate({ ids, isEnabled }, { onSuccess: onDone });
  };
  const enabled = servers.filter(({ is_enabled }) => is_enabled).length;
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setIsLabelling(true)}>
        Tags and groups
      </Button>
      <Button
        size="xs"
        variant="default"
        disabled={enabled === servers.length}
        loading={switching.isPending}
        onClick={() => toggle(true)}
      >
        Enable
      </Button>
      <Button
        size="xs"
        variant="default"
        disabled={enabled === 0}
        loading={switching.isPending}
        onClick={() => toggle(false)}
      >
        Disable
      </Button>
      <Button
        size="xs"
        variant="default"
        renderRoot={(props) => (
          <Link
            to="/explore"
            search={{ metric: 'node_load1', on: servers.map(({ id }) => id).join(',') }}
            {...props}
          />
        )}
      >
        Compare
      </Button>
      {switching.error && (
        <Text component="div" w="100%">
          <ProblemAlert error={switching.error} what="Not all of them were changed" />
        </Text>
      )}
      {isLabelling && (
        <LabelDialog servers={servers} onDone={onDone} onClose={() => setIsLabelling(false)} />
      )}
    </>
  );
}
