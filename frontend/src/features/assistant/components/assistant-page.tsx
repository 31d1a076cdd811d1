import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Page } from '@/components/page';
import { settingsQuery, type Settings } from '../api';
import { RecordSection } from './record-section';
import { SettingsForm } from './settings-form';
import { UsageSection } from './usage-section';

function Standing({ settings }: { settings: Settings }) {
  if (settings.is_enabled)
    return (
      <Notice state="ok" title={`AI is on: ${settings.model}`}>
        Questions and alerts go to {new URL(settings.base_url).host}, after secrets were taken out.
        The model can look things up for who asks; it cannot change anything.
      </Notice>
    );
  return (
    <Notice state="unknown" title="AI is off">
      Nothing is sent anywhere. To switch it on: enter a provider, one in your own network or one in
      the internet, test it, choose a model, switch it on under Uses, and save.
    </Notice>
  );
}

/** Whether a model is asked, which one, for what, how much of it, and all that it was asked. */
export function AssistantPage() {
  const query = useQuery(settingsQuery);
  return (
    <Page
      title="AI"
      crumbs={[{ label: 'System', link: { to: '/system' } }]}
      subtitle="A language model that explains alerts and answers questions. Off unless you want it."
    >
      <Stack gap="md">
        <Faces
          query={query}
          what="The settings could not be read"
          skeleton={<CardSkeleton height={320} />}
        >
          {(settings) => (
            <>
              <Standing settings={settings} />
              <SettingsForm settings={settings} />
            </>
          )}
        </Faces>
        <UsageSection />
        <RecordSection />
      </Stack>
    </Page>
  );
}
