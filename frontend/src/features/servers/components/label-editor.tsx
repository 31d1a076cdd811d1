import { ActionIcon, Popover, Stack, TagsInput } from '@mantine/core';
import { IconTag } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type SyntheticEvent } from 'react';
import { useMay } from '@/api/session';
import { FormActions } from '@/components/form-actions';
import { groupsQuery, tagsQuery, useEditLabels, type LabelEdit, type Server } from '../api';

interface Labels {
  tags: string[];
  groups: string[];
}

const without = (words: string[], others: string[]) =>
  words.filter((word) => !others.includes(word));

/** What to add and what to take, so that a tag that somebody else gave meanwhile stays. */
export function labelEdit(id: string, before: Labels, after: Labels): LabelEdit {
  return {
    ids: [id],
    add_tags: without(after.tags, before.tags),
    remove_tags: without(before.tags, after.tags),
    add_groups: without(after.groups, before.groups),
    remove_groups: without(before.groups, after.groups),
  };
}

function LabelForm({ server, onClose }: { server: Server; onClose: () => void }) {
  const edit = useEditLabels();
  const known = useQuery(tagsQuery).data ?? [];
  const knownGroups = useQuery(groupsQuery).data ?? [];
  const [before] = useState<Labels>({ tags: server.tags, groups: server.groups });
  const [after, setAfter] = useState(before);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = labelEdit(server.id, before, after);
    const isChanged = Object.entries(body).some(([name, words]) => name !== 'ids' && words.length);
    if (isChanged) edit.mutate(body, { onSuccess: onClose });
    else onClose();
  };
  return (
    <form onSubmit={submit} aria-label={`Tags and groups of ${server.name}`}>
      <Stack gap="sm">
        <TagsInput
          data-autofocus
          label="Tags"
          description="Enter adds one; Enter again saves."
          data={known.map(({ tag }) => tag)}
          value={after.tags}
          onChange={(tags) => setAfter((old) => ({ ...old, tags }))}
          openOnFocus={false}
          comboboxProps={{ withinPortal: false }}
        />
        <TagsInput
          label="Groups"
          description="A new name makes a new group."
          data={knownGroups.map(({ name }) => name)}
          value={after.groups}
          onChange={(groups) => setAfter((old) => ({ ...old, groups }))}
          openOnFocus={false}
          comboboxProps={{ withinPortal: false }}
        />
        <FormActions
          submitLabel="Save"
          isBusy={edit.isPending}
          error={edit.error}
          onCancel={onClose}
        />
      </Stack>
    </form>
  );
}

// A table's row opens on a click and moves on arrow keys; what happens in the form is not for it.
const keepInside = (event: SyntheticEvent) => event.stopPropagation();

/** A server's tags and groups, edited where they stand; in a list also by the key `t`. */
export function LabelEditor({ server }: { server: Server }) {
  const [isOpen, setIsOpen] = useState(false);
  if (!useMay('resources:manage')) return null;
  return (
    <Popover
      opened={isOpen}
      onChange={setIsOpen}
      width={320}
      position="bottom-end"
      trapFocus
      returnFocus
      withinPortal
      shadow="md"
    >
      <Popover.Target>
        <ActionIcon
          size="sm"
          variant="subtle"
          color="gray"
          aria-label={`Edit the tags and groups of ${server.name}`}
          aria-keyshortcuts="t"
          onClick={() => setIsOpen((old) => !old)}
        >
          <IconTag size={14} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown onKeyDown={keepInside} onClick={keepInside}>
        {isOpen && <LabelForm server={server} onClose={() => setIsOpen(false)} />}
      </Popover.Dropdown>
    </Popover>
  );
}
