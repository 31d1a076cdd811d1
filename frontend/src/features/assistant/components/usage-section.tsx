import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Faces } from '@/components/faces';
import { FactList } from '@/components/fact-list';
import { CardSkeleton } from '@/components/loading';
import { Meter } from '@/components/meter';
import { Section } from '@/components/page';
import { formatCount, plural } from '@/lib/format';
import { usageQuery, type Usage } from '../api';
import { FEATURE_WORDS, money } from '../words';
import classes from './assistant.module.css';

type Spent = Usage['day'];

const share = (part: number, whole: number) => (whole === 0 ? 100 : (100 * part) / whole);

function Span({ title, spent, currency }: { title: string; spent: Spent; currency: string }) {
  const { requests, requests_limit, cost, cost_limit, input_tokens, output_tokens } = spent;
  return (
    <Stack gap="xs">
      <Text fw={600}>{title}</Text>
      {requests_limit !== null && (
        <Meter
          label="Requests"
          note={`${formatCount(requests)} of ${formatCount(requests_limit)}`}
          percent={share(requests, requests_limit)}
        />
      )}
      {cost_limit !== null && cost !== null && (
        <Meter
          label="Cost"
          note={`${money(cost, currency)} of ${money(cost_limit, currency)}`}
          percent={share(cost, cost_limit)}
        />
      )}
      <FactList
        facts={[
          ['Requests', formatCount(requests)],
          ['Tokens sent', formatCount(input_tokens)],
          ['Tokens written', formatCount(output_tokens)],
          ['Cost', cost === null ? 'no price is entered' : money(cost, currency)],
        ]}
      />
    </Stack>
  );
}

function Days({ usage }: { usage: Usage }) {
  const used = usage.days.filter((day) => day.requests > 0);
  if (used.length === 0) return null;
  const most = used.reduce((best, day) => (day.requests > best.requests ? day : best));
  return (
    <Text size="sm" c="dimmed">
      In the last 30 days it was used on {plural(used.length, 'day')}; most on {most.day}, with{' '}
      {plural(most.requests, 'request')}.
    </Text>
  );
}

/** What the day and the month have come to, beside their limits. */
export function UsageSection() {
  const query = useQuery(usageQuery);
  return (
    <Section title="Usage">
      <Faces query={query} what="The usage could not be read" skeleton={<CardSkeleton />}>
        {(usage) => (
          <Stack gap="md">
            <div className={classes.figures}>
              <Span title="Today" spent={usage.day} currency={usage.currency} />
              <Span title="This month" spent={usage.month} currency={usage.currency} />
              {usage.features.length > 0 && (
                <Stack gap="xs">
                  <Text fw={600}>By use, this month</Text>
                  <FactList
                    facts={usage.features.map((one) => [
                      FEATURE_WORDS[one.feature],
                      `${formatCount(one.uses)}×, ${formatCount(one.tokens)} tokens${
                        one.cost === null ? '' : `, ${money(one.cost, usage.currency)}`
                      }`,
                    ])}
                  />
                </Stack>
              )}
            </div>
            <Days usage={usage} />
          </Stack>
        )}
      </Faces>
    </Section>
  );
}
