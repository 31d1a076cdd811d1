import { useQuery } from '@tanstack/react-query';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Page } from '@/components/page';
import { issuePage, issueQuery, previewPage, previewQuery } from '../api';
import { exact } from '../words';
import { Mail } from './mail';

const CRUMBS = [
  { label: 'Alerts', link: { to: '/alerts' as const } },
  { label: 'Reports', link: { to: '/alerts/reports' as const } },
];

/** One report as it was sent. */
export function IssuePage({ id }: { id: string }) {
  const issue = useQuery(issueQuery(id));
  const found = issue.data;
  const went = found?.channels.length ? found.channels.join(', ') : 'nobody';
  return (
    <Page
      title={found?.title ?? 'Report'}
      crumbs={CRUMBS}
      subtitle={found && `Made ${exact(found.made_at)}, sent to ${went}.`}
    >
      <Faces query={issue} what="The report could not be read" skeleton={<RowsSkeleton rows={8} />}>
        {({ title, text }) => <Mail title={title} text={text} address={issuePage(id)} />}
      </Faces>
    </Page>
  );
}

/** The report as it would go out now. */
export function PreviewPage({ group, name }: { group?: string; name?: string }) {
  const preview = useQuery(previewQuery(group, name));
  return (
    <Page
      title="Preview"
      crumbs={CRUMBS}
      subtitle="The report as it would go out now. Nothing was sent."
    >
      <Faces
        query={preview}
        what="The report could not be made"
        skeleton={<RowsSkeleton rows={8} />}
      >
        {({ title, text }) => <Mail title={title} text={text} address={previewPage(group, name)} />}
      </Faces>
    </Page>
  );
}
