import { Button, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { providerQuery, useDeleteProvider, type Provider } from '../api';
import { ProviderForm } from './provider-form';
import { ProviderTest } from './provider-test';

interface DeleteProps {
  provider: Provider;
  onDeleted: () => void;
}

function Delete({ provider, onDeleted }: DeleteProps) {
  const [isAsking, setIsAsking] = useState(false);
  const remove = useDeleteProvider(provider.id);
  return (
    <>
      <Button variant="default" onClick={() => setIsAsking(true)}>
        Delete
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        title={`Delete the provider ${provider.title}?`}
        confirmLabel="Delete"
        isBusy={remove.isPending}
        error={remove.error}
        isDangerous
        onConfirm={() => remove.mutate(undefined, { onSuccess: onDeleted })}
      >
        {provider.linked_users} linked users lose this way in. Their accounts stay; who has no
        password cannot log in any more.
      </ConfirmDialog>
    </>
  );
}

export function ProviderPage({ id, onDeleted }: { id: string; onDeleted: () => void }) {
  const provider = useQuery(providerQuery(id));
  return (
    <Page
      title={provider.data?.title ?? 'Provider'}
      crumbs={[
        { label: 'System', link: { to: '/system' } },
        { label: 'Single sign-on', link: { to: '/system/sign-on' } },
      ]}
      actions={provider.data && <Delete provider={provider.data} onDeleted={onDeleted} />}
    >
      <Faces
        query={provider}
        what="The provider could not be read"
        skeleton={<CardSkeleton height={320} />}
      >
        {(data) => (
          <Stack gap="md">
            <ProviderTest id={id} />
            <Section title="Settings">
              <ProviderForm key={data.updated_at} provider={data} onSaved={() => undefined} />
            </Section>
          </Stack>
        )}
      </Faces>
    </Page>
  );
}
