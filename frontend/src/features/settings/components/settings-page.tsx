import { Stack } from '@mantine/core';
import { useMay } from '@/api/session';
import { Page } from '@/components/page';
import { AlarmSection } from './alarm-section';
import { FeaturesSection, SystemSection } from './system-section';

export function SettingsPage() {
  const may = useMay('settings:manage');
  return (
    <Page title="Settings" crumbs={[{ label: 'System', link: { to: '/system' } }]}>
      <Stack gap="md">
        {may && <AlarmSection />}
        <SystemSection />
        <FeaturesSection />
      </Stack>
    </Page>
  );
}
