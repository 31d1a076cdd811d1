import { Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ServerProblem } from '@/api/overview';
import { Marked } from '@/components/marked';
import { RelativeTime } from '@/components/relative-time';
import { SEVERITY_STATES } from '@/components/server-status';
import { STATE_WORDS, StatusMark } from '@/components/status-badge';
import { STATES } from '@/lib/states';
import classes from './overview.module.css';

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

function Problem({ problem }: { problem: ServerProblem }) {
  const state = SEVERITY_STATES[problem.severity];
  const next = TABS[problem.kind] ?? { tab: 'health', words: 'Open the server' };
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
      <Link
        to="/servers/$serverId"
        params={{ serverId: problem.server_id }}
        search={{ tab: next.tab }}
        className={classes.next}
      >
        {next.words}
      </Link>
    </li>
  );
}

export function ProblemList({ problems }: { problems: readonly ServerProblem[] }) {
  return (
    <ul className={classes.problems}>
      {worstAndOldestFirst(problems).map((problem) => (
        <Problem
          key={`${problem.server_id} ${problem.kind} ${problem.subject}`}
          problem={problem}
        />
      ))}
    </ul>
  );
}
