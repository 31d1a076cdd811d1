import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { templatesQuery, useDeleteTemplate, type Template } from '../api';
import { TemplateForm } from './template-form';

const PARTS = ['title', 'text', 'html', 'body'] as const;

function TemplateCard({ template, onEdit }: { template: Template; onEdit: () => void }) {
  const remove = useDeleteTemplate(template.id);
  const [isAsking, setIsAsking] = useState(false);
  const close = () => setIsAsking(false);
  const parts = PARTS.filter((part) => template[part] !== '');
  return (
    <Section
      title={template.name}
      actions={
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={onEdit}>
            Edit
          </Button>
          <Button size="xs" variant="default" onClick={() => setIsAsking(true)}>
            Delete
          </Button>
        </Group>
      }
    >
      <Text size="sm" c="dimmed">
        {parts.length > 0 ? `Words ${parts.join(', ')}.` : 'Words nothing yet.'}
      </Text>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={close}
        title={`Delete the template ${template.name}?`}
        confirmLabel="Delete"
        isDangerous
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(undefined, { onSuccess: close })}
      >
        Channels that use it word messages as Unity does.
      </ConfirmDialog>
    </Section>
  );
}

/** How messages are worded. */
export function TemplatesTab() {
  const templates = useQuery(templatesQuery);
  const [open, setOpen] = useState<{ template: Template | null } | null>(null);
  const close = () => setOpen(null);
  const add = <Button onClick={() => setOpen({ template: null })}>Add a template</Button>;
  return (
    <Stack gap="md">
      <Faces
        query={templates}
        what="The templates could not be read"
        skeleton={<RowsSkeleton />}
        isEmpty={(data) => data.length === 0}
        empty={
          <EmptyState title="Unity's own words are used" action={add}>
            A template words the messages of a channel in another way, or writes the body that a web
            hook wants.
          </EmptyState>
        }
      >
        {(data) => (
          <>
            <Group>{add}</Group>
            {data.map((template) => (
              <TemplateCard
                key={template.id}
                template={template}
                onEdit={() => setOpen({ template })}
              />
            ))}
          </>
        )}
      </Faces>
      <Modal
        opened={open !== null}
        onClose={close}
        title={open?.template?.name ?? 'Add a template'}
        size="xl"
      >
        <TemplateForm template={open?.template ?? null} onSaved={close} onCancel={close} />
      </Modal>
    </Stack>
  );
}
