import { Button, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { ServerProblem } from '@/api/overview';
import { Marked } from '@/components/marked';
import { RelativeTime } from '@/components/relative-time';
import { SEVERITY_STATES } from '@/components/server-status';
import { STATE_WORDS, StatusMark } from '@/components/status-badge';
import { STATES } from '@/lib/states';
import classes from './overview.module.css';

const MOST = 8;

type Tab = 'health' | 'facts' | 'access';

// Where the cause of a kind of problem is seen and mended.
const TABS: Record<string, { tab: Tab; words: string }> = {
  host_key_unknown: { tab: 'access', words: 'Compare the fingerprint' },
  host_key_changed: { tab: 'access', words: 'Compare the two keys' },
  login_refused: { tab: 'access', words: 'Check the login' },
  facts_failed: { tab: 'facts', words: 'See the facts' },
};

/** The worst first, and of equal ones the one that has waited longest. */
export function worstAndOldestFirst(problems: readonly ServerProblem[]): ServerProblem[] {
  const rank = ({ severity }: ServerProblem) => -STATES.indexOf(SEVERITY_STATES[severity]);
  return [...problems].sort(
    (a, b) => rank(a) - rank(b) || (a.since ?? '').localeCompare(b.since ?? ''),
  );
}

function Next({ problem }: { problem: ServerProblem }) {
  if (problem.alert_id !== null)
    return (
      <Link
        to="/alerts/$alertId"
        params={{ alertId: problem.alert_id }}
        className={classes.next}
        aria-label={`What to do: ${problem.message}`}
      >
        What to do
      </Link>
    );
  const next = TABS[problem.kind] ?? { tab: 'health', words: 'Open the server' };
  return (
    <Link
      to="/servers/$serverId"
      params={{ serverId: problem.server_id }}
      search={{ tab: next.tab }}
      className={classes.next}
    >
      {next.words}
    </Link>
  );
}

function Problem({ problem }: { problem: ServerProblem }) {
  const state = SEVERITY_STATES[problem.severity];
  return (
    <li className={classes.problem} data-state={state}>
      <StatusMark state={state} label={STATE_WORDS[state]} />
      <div className={classes.what}>
        <div>
          <Link
            to="/servers/$serverId"
            params={{ serverId: problem.server_id }}
            className={classes.name}
          >
            {problem.server_name}
          </Link>{' '}
          {problem.resource_name !== '' && <b>{problem.resource_name}: </b>}
          <Marked text={problem.message} />
        </div>
        {problem.fix && (
          <Text size="sm" c="dimmed">
            <Marked text={problem.fix} />
          </Text>
        )}
      </div>
      <Text span size="sm" c="dimmed" className={classes.since}>
        <RelativeTime at={problem.since} never="" />
      </Text>
      <Next problem={problem} />
    </li>
  );
}

interface ProblemListProps {
  problems: readonly ServerProblem[];
  /** How many there are in all; only the worst are sent. */
  total: number;
}

/** The worst few; what stands below them on the page must not be pushed out of sight. */
export function ProblemList({ problems, total }: ProblemListProps) {
  const [isWhole, setIsWhole] = useState(false);
  const sorted = worstAndOldestFirst(problems);
  const more =
    total > sorted.length ? `Show the worst ${sorted.length} of ${total}` : `Show all ${total}`;
  return (
    <>
      <ul className={classes.problems}>
        {(isWhole ? sorted : sorted.slice(0, MOST)).map((problem) => (
          <Problem
            key={problem.alert_id ?? `${problem.server_id} ${problem.kind}`}
            problem={problem}
          />
        ))}
      </ul>
      {sorted.length > MOST && (
        <Button variant="subtle" mt="xs" onClick={() => setIsWhole(!isWhole)}>
          {isWhole ? `Show the worst ${MOST}` : more}
        </Button>
      )}
    </>
  );
}
