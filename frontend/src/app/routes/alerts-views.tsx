import { useParams } from '@tanstack/react-router';
import { AlertPage } from '@/features/alerts/components/alert-page';
import { RulePage } from '@/features/alerts/components/rule-page';
import { ExplainPanel } from '@/features/assistant/components/explain-panel';
import { Around } from '@/features/topology/components/around';

export function AlertView() {
  const { alertId } = useParams({ from: '/shell/alerts/$alertId' });
  return (
    <AlertPage
      key={alertId}
      id={alertId}
      around={(id) => <Around resourceId={id} />}
      explanation={<ExplainPanel key={alertId} alertId={alertId} />}
    />
  );
}

export function RuleView() {
  const { ruleId } = useParams({ from: '/shell/alerts/rules/$ruleId' });
  return <RulePage key={ruleId} id={ruleId} />;
}
