import { act, screen } from '@testing-library/react';
import { useQuery } from '@tanstack/react-query';
import { describe, expect, it, vi } from 'vitest';
import { ApiProblem } from '@/api/problem';
import { renderUi } from '@/testing/render';
import { ConfirmDialog } from './confirm-dialog';
import { EmptyState } from './empty-state';
import { Faces } from './faces';
import { JobProgress } from './job-progress';
import { PlanDialog } from './plan-dialog';
import { RelativeTime } from './relative-time';
import { SecretInput } from './secret-input';
import { sparklinePaths } from './sparkline';
import { Stale } from './stale';
import { StatusBadge } from './status-badge';

const problem = new ApiProblem(502, {
  title: 'alpha does not answer',
  detail: 'No route to host.',
  fix: 'Check the address.',
});

function Names({ ask }: { ask: () => Promise<string[]> }) {
  const query = useQuery({ queryKey: ['names'], queryFn: ask });
  return (
    <Faces
      query={query}
      what="The names could not be read"
      skeleton={<div data-testid="skeleton" />}
      isEmpty={(names) => names.length === 0}
      empty={<EmptyState title="No names">Nobody was named.</EmptyState>}
    >
      {(names) => <p>{names.join()}</p>}
    </Faces>
  );
}

describe('the faces of a question', () => {
  it('wait 150 ms before they show a skeleton', async () => {
    await renderUi(<Names ask={() => new Promise(() => undefined)} />);
    expect(screen.queryByTestId('skeleton')).toBeNull();
    expect(await screen.findByTestId('skeleton')).toBeInTheDocument();
  });

  it('show data, or say why there is none', async () => {
    await renderUi(<Names ask={() => Promise.resolve(['alice', 'bob'])} />);
    expect(await screen.findByText('alice,bob')).toBeVisible();
  });

  it('say that there is nothing', async () => {
    await renderUi(<Names ask={() => Promise.resolve([])} />);
    expect(await screen.findByText('Nobody was named.')).toBeVisible();
  });

  it('tell cause and fix of a problem, and try again', async () => {
    const ask = vi.fn().mockRejectedValueOnce(problem).mockResolvedValueOnce(['carol']);
    const { user } = await renderUi(<Names ask={ask} />);
    expect(await screen.findByText('No route to host.')).toBeVisible();
    expect(screen.getByText('Check the address.')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('carol')).toBeVisible();
  });

  it('keep old data under a new problem', async () => {
    const ask = vi.fn().mockResolvedValueOnce(['alice']).mockRejectedValueOnce(problem);
    const { client } = await renderUi(<Names ask={ask} />);
    await screen.findByText('alice');
    await act(() => client.invalidateQueries());
    expect(await screen.findByRole('alert')).toHaveTextContent('The names could not be read');
    expect(screen.getByText('alice')).toBeVisible();
  });
});

it('old data is greyed and says since when', async () => {
  await renderUi(
    <Stale since={Date.now() / 1000 - 1200} after={600}>
      online
    </Stale>,
  );
  expect(screen.getByRole('note')).toHaveTextContent('Last true 20 min ago');
});

it('a status has a word beside its colour', async () => {
  await renderUi(<StatusBadge state="critical" />);
  expect(screen.getByText('Critical')).toBeVisible();
});

it('a time that is not there is said, and never shown as 1970', async () => {
  await renderUi(<RelativeTime at={null} never="never" />);
  expect(screen.getByText('never')).toBeVisible();
});

it('a gap in a sparkline is a gap', () => {
  const paths = sparklinePaths([1, 2, null, 3, 4], { width: 40, height: 20 }, { min: 0, max: 4 });
  expect(paths).toHaveLength(2);
});

it('a kept secret is not shown, only replaced', async () => {
  const { user } = await renderUi(
    <SecretInput label="Password" isSet value="" onChange={() => undefined} />,
  );
  expect(screen.queryByLabelText('Password')).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Replace' }));
  expect(screen.getByLabelText('Password')).toHaveValue('');
});

it('running work can be stopped', async () => {
  const stop = vi.fn();
  const { user } = await renderUi(
    <JobProgress title="Collecting" state="running" fraction={0.5} onCancel={stop} />,
  );
  await user.click(screen.getByRole('button', { name: 'Cancel' }));
  expect(stop).toHaveBeenCalledOnce();
});

describe('dialogs', () => {
  const noop = () => undefined;

  it('ask before they act, and tell what went wrong in the same place', async () => {
    const act_ = vi.fn();
    const { user } = await renderUi(
      <ConfirmDialog
        isOpen
        onClose={noop}
        title="Revoke it?"
        confirmLabel="Revoke"
        onConfirm={act_}
        error={problem}
      >
        Scripts that use it stop working.
      </ConfirmDialog>,
    );
    expect(screen.getByRole('alert')).toHaveTextContent('No route to host.');
    await user.click(screen.getByRole('button', { name: 'Revoke' }));
    expect(act_).toHaveBeenCalledOnce();
  });

  it('let a thing that cannot be undone go only when its name is typed', async () => {
    const remove = vi.fn();
    const { user } = await renderUi(
      <PlanDialog
        isOpen
        onClose={noop}
        title="Delete alpha"
        plan={{ steps: ['Its history is deleted.'] }}
        confirmLabel="Delete"
        typeName="alpha"
        onConfirm={remove}
      />,
    );
    expect(screen.getByRole('button', { name: 'Delete' })).toBeDisabled();
    await user.type(screen.getByRole('textbox'), 'alpha');
    await user.click(screen.getByRole('button', { name: 'Delete' }));
    expect(remove).toHaveBeenCalledOnce();
  });
});
