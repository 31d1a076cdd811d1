import { List, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Notice } from '@/components/notice';
import { reportsQuery } from '../api';

/** What the deletion of a channel means for the reports that go to it. */
export function ReportsOfChannel({ channelId }: { channelId: string }) {
  const reports = useQuery(reportsQuery);
  if (reports.isPending)
    return (
      <Text size="sm" c="dimmed">
        Looking for reports that go to it…
      </Text>
    );
  if (reports.isError)
    return (
      <Notice state="warning" title="Its reports could not be read">
        Look under Alerts → Reports whether one goes to this channel, before you delete it.
      </Notice>
    );
  const touched = reports.data.filter(({ channel_ids }) => channel_ids.includes(channelId));
  if (touched.length === 0) return null;
  return (
    <Notice state="warning" title="Reports go to it">
      <List size="sm">
        {touched.map(({ id, name, channel_ids }) => (
          <List.Item key={id}>
            <b>{name}</b>{' '}
            {channel_ids.length === 1
              ? 'will reach nobody until you choose another channel for it.'
              : 'goes on to its other channels.'}
          </List.Item>
        ))}
      </List>
    </Notice>
  );
}

/** The reports that are planned and reach nobody, for the page on which channels are deleted. */
export function SilentReports() {
  const reports = useQuery(reportsQuery).data ?? [];
  return reports
    .filter(({ finding }) => finding !== '')
    .map(({ id, name, finding }) => (
      <Notice key={id} state="warning" title={`The report ${name} reaches nobody`}>
        {finding} <Link to="/alerts/reports">Choose a channel for it</Link>.
      </Notice>
    ));
}
