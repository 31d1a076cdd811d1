import { Stack } from '@mantine/core';
import { Page } from '@/components/page';
import { RetentionSection } from './retention-section';
import { FeaturesSection, SystemSection } from './system-section';

export function SettingsPage() {
  return (
    <Page title="Settings" crumbs={[{ label: 'System', link: { to: '/system' } }]}>
      <Stack gap="md">
        <SystemSection />
        <RetentionSection />
        <FeaturesSection />
      </Stack>
    </Page>
  );
}
