import { Stack } from '@mantine/core';
import { useState } from 'react';
import { useMay } from '@/api/session';
import { Notice } from '@/components/notice';
import { Page } from '@/components/page';
import { useImport, usePreview, type ImportRequest } from '../api';
import { ImportForm } from './import-form';
import { ImportOutcome } from './import-outcome';
import { ImportPreview } from './import-preview';

/** Many servers from one text: what it holds, line by line, before anything is entered. */
export function BulkImportPage() {
  const mayAdd = useMay('servers:manage');
  const preview = usePreview();
  const entering = useImport();
  const [request, setRequest] = useState<ImportRequest | null>(null);
  const look = (wanted: ImportRequest) => {
    setRequest(wanted);
    entering.reset();
    preview.mutate(wanted);
  };
  return (
    <Page
      title="Import servers"
      crumbs={[{ label: 'Servers', link: { to: '/servers' } }]}
      subtitle="From ~/.ssh/config, an Ansible inventory, or CSV. Nothing is entered before you have seen what was understood."
    >
      {!mayAdd ? (
        <Notice state="unknown" title="Your role may not add servers.">
          Ask an operator or an administrator of Unity.
        </Notice>
      ) : entering.data ? (
        <ImportOutcome
          result={entering.data}
          onAgain={() => {
            entering.reset();
            preview.reset();
          }}
        />
      ) : (
        <Stack gap="md">
          <ImportForm onLook={look} isBusy={preview.isPending} error={preview.error} />
          {preview.data && request && (
            <ImportPreview
              key={preview.submittedAt}
              plan={preview.data}
              isBusy={entering.isPending}
              error={entering.error}
              onEnter={(only) => entering.mutate({ ...request, only })}
            />
          )}
        </Stack>
      )}
    </Page>
  );
}
