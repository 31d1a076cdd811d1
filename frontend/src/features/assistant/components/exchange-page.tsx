import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Page, Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { formatCount, formatDuration } from '@/lib/format';
import { exchangeQuery, type ExchangeDetail } from '../api';
import { FEATURE_WORDS, STATE_OF, STATE_WORDS } from '../words';
import classes from './assistant.module.css';

const ROLES: Record<string, string> = {
  system: 'Task',
  user: 'Asked',
  model: 'The model',
  tool: 'What a tool found',
  tools: 'Tools it was offered',
};

function facts(one: ExchangeDetail): [string, React.ReactNode][] {
  const rows: [string, React.ReactNode][] = [
    ['Who', one.actor_name],
    ['When', <RelativeTime key="at" at={one.at} />],
    ['Model', `${one.model} on ${one.host}`],
    ['Requests', formatCount(one.requests)],
    [
      one.is_estimated ? 'Tokens, estimated' : 'Tokens',
      `${formatCount(one.input_tokens)} sent, ${formatCount(one.output_tokens)} written`,
    ],
    ['Cost', one.cost === null ? 'no price was entered' : one.cost.toFixed(6)],
    ['Took', formatDuration(one.seconds)],
  ];
  if (one.subject_kind === 'alert' && one.subject_id)
    rows.push([
      'About',
      <Link key="about" to="/alerts/$alertId" params={{ alertId: one.subject_id }}>
        {one.subject_name}
      </Link>,
    ]);
  return rows;
}

function Part({ role, text }: { role: string; text: string }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        {ROLES[role] ?? role}
      </Text>
      {/* Long texts scroll, so the keyboard has to reach them. */}
      <pre className={classes.part} tabIndex={0}>
        {text.trim()}
      </pre>
    </div>
  );
}

/** One use of the model: what left, what came back, what it cost. */
export function ExchangePage({ id }: { id: string }) {
  const query = useQuery(exchangeQuery(id));
  const one = query.data;
  return (
    <Page
      title={one ? one.subject_name || FEATURE_WORDS[one.feature] : 'Record'}
      crumbs={[
        { label: 'System', link: { to: '/system' } },
        { label: 'AI', link: { to: '/system/assistant' } },
      ]}
      status={
        one && (
          <StatusBadge state={STATE_OF[one.state]} variant="soft">
            {STATE_WORDS[one.state]}
          </StatusBadge>
        )
      }
    >
      <Faces query={query} what="The record could not be read" skeleton={<CardSkeleton />}>
        {(found) => (
          <Stack gap="md">
            {found.problem !== '' && (
              <Notice state="critical" title="Why there is no answer">
                {found.problem}
              </Notice>
            )}
            <Section title="Figures">
              <FactList facts={facts(found)} />
            </Section>
            <Section title="What came back">
              {found.received === '' ? (
                <Text size="sm" c="dimmed">
                  Nothing.
                </Text>
              ) : (
                <Part role="model" text={found.received} />
              )}
            </Section>
            <Section title="What was sent">
              <Stack gap="sm">
                <Text size="sm" c="dimmed">
                  As it left: secrets, and addresses if that was chosen, were taken out before. Of a
                  question with several requests the last one, which holds all before it.
                </Text>
                {found.sent.map((part, place) => (
                  <Part key={place} role={part.role} text={part.text} />
                ))}
              </Stack>
            </Section>
          </Stack>
        )}
      </Faces>
    </Page>
  );
}
