import { Button, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useAssistant } from '@/api/assistant';
import { useMay } from '@/api/session';
import { Section } from '@/components/page';
import { explainAlert } from '../api';
import { useAnswer } from '../use-answer';
import { Answer } from './answer';

/** Has a model explain the alert. Where AI is off, admins read how to switch it on, others nothing. */
export function ExplainPanel({ alertId }: { alertId: string }) {
  const assistant = useAssistant();
  const isAdmin = useMay('settings:manage');
  const { state, start, stop } = useAnswer();
  if (!assistant) return null;
  if (!assistant.explains_alerts)
    return isAdmin ? (
      <Text size="sm" c="dimmed">
        A language model can explain alerts, one in your own network, too. It is off:{' '}
        <Link to="/system/assistant">switch it on</Link>.
      </Text>
    ) : null;
  const explain = () => void start((signal) => explainAlert(alertId, signal));
  const isFresh = !state.isRunning && state.text === '' && state.error == null;
  return (
    <Section
      title="Explanation"
      actions={
        !state.isRunning && (
          <Button size="xs" variant="default" onClick={explain}>
            {isFresh ? 'Explain this alert' : 'Explain it anew'}
          </Button>
        )
      }
    >
      {isFresh ? (
        <Text size="sm" c="dimmed">
          Sends the alert, its measurements and its history to {assistant.model} on {assistant.host}
          , without secrets, and shows what it writes. Nothing is done.
        </Text>
      ) : (
        <Answer state={state} onStop={stop} onAgain={explain} />
      )}
    </Section>
  );
}
