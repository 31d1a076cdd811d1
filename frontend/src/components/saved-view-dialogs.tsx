import { Button, Group, Modal, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useMay } from '@/api/session';
import {
  useDeleteView,
  useEditView,
  useSaveView,
  type SavedView,
  type ViewPage,
} from '@/api/views';
import { FormActions } from './form-actions';
import { ProblemAlert } from './problem-alert';

interface SaveProps {
  page: ViewPage;
  filters: string;
  own: readonly SavedView[];
  onClose: () => void;
}

/** Keeps the present filters; an own view of the same name is replaced, and that is said. */
export function SaveViewDialog({ page, filters, own, onClose }: SaveProps) {
  const [name, setName] = useState('');
  const [isShared, setShared] = useState(false);
  const mayShare = useMay('resources:manage');
  const save = useSaveView();
  const edit = useEditView();
  const known = own.find((view) => view.name === name.trim());
  const error = save.error ?? edit.error;
  const onSubmit = () => {
    const done = { onSuccess: onClose };
    if (known) edit.mutate({ id: known.id, query: filters }, done);
    else save.mutate({ page, name, query: filters, is_shared: isShared }, done);
  };
  return (
    <Modal opened onClose={onClose} title="Save these filters">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            description="Such as: Offline, production"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={80}
            required
            data-autofocus
          />
          {mayShare && !known && (
            <Switch
              label="Show it to everybody"
              checked={isShared}
              onChange={(event) => setShared(event.currentTarget.checked)}
            />
          )}
          {known && (
            <Text size="sm">You have a view of this name. Its filters will be replaced.</Text>
          )}
          <FormActions
            submitLabel={known ? 'Replace' : 'Save'}
            onCancel={onClose}
            isBusy={save.isPending || edit.isPending}
            error={error}
          />
        </Stack>
      </form>
    </Modal>
  );
}

function ViewRow({ view }: { view: SavedView }) {
  const mayShare = useMay('resources:manage');
  const edit = useEditView();
  const remove = useDeleteView();
  const error = edit.error ?? remove.error;
  return (
    <Stack gap={4} component="li">
      <Group justify="space-between" wrap="nowrap">
        <Text fw={600} truncate>
          {view.name}
        </Text>
        <Group gap="xs" wrap="nowrap">
          {(mayShare || view.is_shared) && (
            <Switch
              label="Shared"
              aria-label={`Show ${view.name} to everybody`}
              checked={view.is_shared}
              onChange={(event) =>
                edit.mutate({ id: view.id, is_shared: event.currentTarget.checked })
              }
            />
          )}
          <Button
            size="xs"
            variant="default"
            aria-label={`Delete the view ${view.name}`}
            loading={remove.isPending}
            onClick={() => remove.mutate(view.id)}
          >
            Delete
          </Button>
        </Group>
      </Group>
      {error && <ProblemAlert error={error} />}
    </Stack>
  );
}

/** The own views of a list: shared, kept for oneself, or deleted. */
export function ManageViewsDialog({
  own,
  onClose,
}: {
  own: readonly SavedView[];
  onClose: () => void;
}) {
  return (
    <Modal opened onClose={onClose} title="Your views of this list">
      {own.length === 0 ? (
        <Text>None is left.</Text>
      ) : (
        <Stack component="ul" gap="md" p={0} m={0}>
          {own.map((view) => (
            <ViewRow key={view.id} view={view} />
          ))}
        </Stack>
      )}
    </Modal>
  );
}
