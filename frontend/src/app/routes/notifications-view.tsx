import { NotificationsPage } from '@/features/notifications/components/notifications-page';
import { ReportsOfChannel, SilentReports } from '@/features/reports/components/channel-uses';

export function NotificationsView() {
  return (
    <NotificationsPage
      usesOf={(id) => <ReportsOfChannel channelId={id} />}
      silent={<SilentReports />}
    />
  );
}
