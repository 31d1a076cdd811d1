import { Loader, Group, Stack, Text } from '@mantine/core';
import { Notice } from '@/components/notice';
import { ProblemAlert } from '@/components/problem-alert';
import { StatusBadge } from '@/components/status-badge';
import type { TestResult } from '../api';

interface TestResultsProps {
  result: TestResult | undefined;
  error: unknown;
  isPending: boolean;
}

function verdict({ is_fine, checks }: TestResult) {
  if (is_fine) return { state: 'ok' as const, title: 'It works' };
  if (checks.every((check) => check.is_fine))
    return { state: 'warning' as const, title: 'The provider answers: now choose a model' };
  return { state: 'critical' as const, title: 'It does not work yet' };
}

/** What came of asking the provider, step by step. */
export function TestResults({ result, error, isPending }: TestResultsProps) {
  return (
    <Stack gap="sm" role="status">
      {error != null && <ProblemAlert what="It could not be tested" error={error} />}
      {isPending && (
        <Group gap="xs">
          <Loader size="xs" aria-hidden />
          <Text size="sm">Asking the provider. A model that is loaded first takes its time.</Text>
        </Group>
      )}
      {!isPending && !result && error == null && (
        <Text size="sm" c="dimmed">
          Really asks, with what stands above: for the list of models, for a few words, for an
          answer in a form, and for the use of a tool. Nothing is saved.
        </Text>
      )}
      {!isPending && result && (
        <>
          <Notice {...verdict(result)} />
          {result.checks.map((check) => (
            <div key={check.what}>
              <StatusBadge state={check.is_fine ? 'ok' : check.needed_for ? 'warning' : 'critical'}>
                {check.what}
                {check.needed_for !== '' && ` (needed for ${check.needed_for})`}
              </StatusBadge>
              <Text size="sm">{check.detail}</Text>
            </div>
          ))}
        </>
      )}
    </Stack>
  );
}
