import { Button, Group, Loader, Stack, Text } from '@mantine/core';
import { Notice } from '@/components/notice';
import { PathLink } from '@/components/path-link';
import { ProblemAlert } from '@/components/problem-alert';
import { formatCount, formatDuration } from '@/lib/format';
import type { AnswerState } from '../use-answer';
import { AnswerText } from './answer-text';

interface AnswerProps {
  state: AnswerState;
  onStop: () => void;
  onAgain: () => void;
}

function Working({ state, onStop }: Pick<AnswerProps, 'state' | 'onStop'>) {
  return (
    <Group gap="xs">
      <Loader size="xs" aria-hidden />
      <Text size="sm" c="dimmed" role="status">
        {state.looked.at(-1) ?? (state.text ? 'Writing' : 'The model is thinking')}
      </Text>
      <Button size="xs" variant="default" onClick={onStop}>
        Stop
      </Button>
    </Group>
  );
}

function Ending({ state }: { state: AnswerState }) {
  if (!state.finished) return null;
  const { host, model, input_tokens, output_tokens, seconds, is_cut } = state.finished;
  return (
    <>
      {is_cut && (
        <Notice state="warning" title="The answer reached its limit">
          The model was allowed {formatCount(output_tokens)} tokens. An administrator can allow more
          under System, AI.
        </Notice>
      )}
      <Text size="xs" c="dimmed">
        Written by {model} on {host} in {formatDuration(seconds)},{' '}
        {formatCount(input_tokens + output_tokens)} tokens. A model can be wrong: look before you
        act.
      </Text>
    </>
  );
}

/** An answer while it comes and afterwards, with what it speaks of. */
export function Answer({ state, onStop, onAgain }: AnswerProps) {
  const { text, links, error, isRunning } = state;
  return (
    <Stack gap="xs">
      {text !== '' && <AnswerText text={text} links={links} />}
      {links.length > 0 && (
        <Text size="sm">
          Speaks of:{' '}
          {links.map(({ ref, path, title }, place) => (
            <span key={ref}>
              {place > 0 && ', '}
              <PathLink path={path}>{title}</PathLink>
            </span>
          ))}
        </Text>
      )}
      {isRunning && <Working state={state} onStop={onStop} />}
      {error != null && <ProblemAlert error={error} onRetry={onAgain} isRetrying={isRunning} />}
      <Ending state={state} />
    </Stack>
  );
}
