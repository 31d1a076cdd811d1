import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type KeyboardEvent } from 'react';
import { assistantQuery } from '@/api/assistant';
import { useMay } from '@/api/session';
import { EmptyState } from '@/components/empty-state';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Page, Section } from '@/components/page';
import { askQuestion } from '../api';
import { useAnswer } from '../use-answer';
import { Answer } from './answer';

const LONGEST = 2000;
const EXAMPLES = [
  'What needs my attention first?',
  'Which drives are hot, worn or failing?',
  'Which pools are nearly full?',
  'Where is each SSH key installed?',
];

function Off() {
  const isAdmin = useMay('settings:manage');
  return (
    <EmptyState
      title="Questions are off"
      action={isAdmin && <Link to="/system/assistant">Set up a model</Link>}
    >
      {isAdmin
        ? 'A language model can answer questions about your machines, one in your own network, too.'
        : 'An administrator has not switched them on.'}
    </EmptyState>
  );
}

function QuestionBox({ first, model, host }: { first: string; model: string; host: string }) {
  const [question, setQuestion] = useState(first);
  const [asked, setAsked] = useState('');
  const { state, start, stop } = useAnswer();
  const ask = (text: string) => {
    if (text.trim() === '' || state.isRunning) return;
    setAsked(text.trim());
    void start((signal) => askQuestion(text.trim(), signal));
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    ask(question);
  };
  return (
    <Stack gap="md">
      <Section title="Your question">
        <Stack gap="xs">
          <Textarea
            aria-label="Your question"
            placeholder={EXAMPLES[0]}
            autosize
            minRows={2}
            maxLength={LONGEST}
            value={question}
            onChange={(event) => setQuestion(event.currentTarget.value)}
            onKeyDown={onKey}
            data-autofocus
          />
          <Group gap="xs">
            <Button
              onClick={() => ask(question)}
              disabled={question.trim() === '' || state.isRunning}
            >
              Ask
            </Button>
            <Text size="sm" c="dimmed">
              Goes to {model} on {host}, with what it looks up. It sees what you may see, and can
              change nothing.
            </Text>
          </Group>
          {asked === '' && (
            <Group gap="xs">
              {EXAMPLES.map((example) => (
                <Button
                  key={example}
                  size="xs"
                  variant="default"
                  onClick={() => {
                    setQuestion(example);
                    ask(example);
                  }}
                >
                  {example}
                </Button>
              ))}
            </Group>
          )}
        </Stack>
      </Section>
      {asked !== '' && (
        <Section title={asked}>
          <Answer state={state} onStop={stop} onAgain={() => ask(asked)} />
        </Section>
      )}
    </Stack>
  );
}

/** Questions about the inventory, answered with links. */
export function AskPage({ question = '' }: { question?: string }) {
  const state = useQuery(assistantQuery);
  return (
    <Page title="Ask" subtitle="A language model looks things up in Unity and answers with links.">
      <Faces query={state} what="It could not be read" skeleton={<CardSkeleton height={160} />}>
        {({ answers_questions, model, host }) =>
          answers_questions ? (
            <QuestionBox key={question} first={question} model={model} host={host} />
          ) : (
            <Off />
          )
        }
      </Faces>
    </Page>
  );
}
