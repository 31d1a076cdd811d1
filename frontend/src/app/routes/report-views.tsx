import { useParams, useSearch } from '@tanstack/react-router';
import { IssuePage, PreviewPage } from '@/features/reports/components/issue-page';

export function IssueView() {
  const { issueId } = useParams({ from: '/shell/alerts/reports/$issueId' });
  return <IssuePage key={issueId} id={issueId} />;
}

export function PreviewView() {
  const { group, name } = useSearch({ from: '/shell/alerts/reports/preview' });
  return <PreviewPage {...(group && { group })} {...(name && { name })} />;
}
