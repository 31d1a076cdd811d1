import { List, Stack, Text, VisuallyHidden } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMay } from '@/api/session';
import { CopyBlock } from '@/components/copy-block';
import { Page, Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { scheduleQuery } from '../api';
import { DestinationsSection } from './destinations-section';
import { BackupsSection, DrillsSection } from './history-section';
import { PassphraseSection } from './passphrase-section';

const RESTORE = `unity backup verify unity-….unitybackup
UNITY_DATA=/var/lib/unity unity backup restore unity-….unitybackup`;

function Schedule({ name, what }: { name: string; what: string }) {
  const schedule = useQuery(scheduleQuery(name));
  return (
    <>
      {what}:{' '}
      {schedule.data?.is_paused ? (
        'paused'
      ) : (
        <RelativeTime at={schedule.data?.next_fire_at} never="not planned" />
      )}
      .{' '}
      <Link to="/system/jobs/$name" params={{ name }}>
        Change, pause or follow it
        <VisuallyHidden>: {what}</VisuallyHidden>
      </Link>
    </>
  );
}

function ScheduleSection() {
  return (
    <Section title="Schedule">
      <List listStyleType="none" spacing="xs">
        <List.Item>
          <Schedule name="core.backup" what="Next backup" />
        </List.Item>
        <List.Item>
          <Schedule name="core.restore_drill" what="Next restore drill" />
        </List.Item>
      </List>
    </Section>
  );
}

function RestoreSection() {
  return (
    <Section title="To restore">
      <Stack gap="xs">
        <Text size="sm">
          On an empty machine with Unity installed and not running. The passphrase is asked for; the
          root key and the plugins come out of the archive.
        </Text>
        <CopyBlock text={RESTORE} label="the commands that restore" />
        <Text size="sm" c="dimmed">
          Over data that is there, add <code>--replace</code>: the old is kept aside. PostgreSQL:
          set <code>UNITY_DATABASE__URL</code> to an empty database; a backup of SQLite restores
          there, too.
        </Text>
      </Stack>
    </Section>
  );
}

/** Whether Unity itself could be had back, and what to do when not. */
export function BackupPage() {
  const seesJobs = useMay('jobs:read');
  return (
    <Page
      title="Backup"
      crumbs={[{ label: 'System', link: { to: '/system' } }]}
      subtitle="The database, the root key, the settings file and the plugins, encrypted."
    >
      <Stack gap="md">
        <DestinationsSection />
        <PassphraseSection />
        {seesJobs && <ScheduleSection />}
        <BackupsSection />
        <DrillsSection />
        <RestoreSection />
      </Stack>
    </Page>
  );
}
