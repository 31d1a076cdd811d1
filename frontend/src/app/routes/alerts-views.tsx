import { useParams } from '@tanstack/react-router';
import { AlertPage } from '@/features/alerts/components/alert-page';
import { RulePage } from '@/features/alerts/components/rule-page';

export function AlertView() {
  const { alertId } = useParams({ from: '/shell/alerts/$alertId' });
  return <AlertPage key={alertId} id={alertId} />;
}

export function RuleView() {
  const { ruleId } = useParams({ from: '/shell/alerts/rules/$ruleId' });
  return <RulePage key={ruleId} id={ruleId} />;
}
