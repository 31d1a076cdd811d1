import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { remember, sessionQuery, type SessionState } from '@/api/session';
import { EnrolmentForm } from '@/components/enrolment-form';
import { CardSkeleton } from '@/components/loading';
import { ProblemAlert } from '@/components/problem-alert';
import { RecoveryCodes } from '@/components/recovery-codes';
import { useBeginDemanded, useConfirmDemanded } from '../api';
import { Door } from './door';

interface DemandedEnrolmentProps {
  onEntered: () => void;
  onBack: () => void;
}

/** The settings demand a second factor: nothing else is open before it is set up. */
export function DemandedEnrolment({ onEntered, onBack }: DemandedEnrolmentProps) {
  const client = useQueryClient();
  const begin = useBeginDemanded();
  const confirm = useConfirmDemanded();
  const { mutate: start } = begin;
  useEffect(() => start(), [start]);
  const enter = (session: SessionState) => {
    client.setQueryData(sessionQuery.queryKey, remember(session));
    onEntered();
  };
  if (confirm.data)
    return (
      <Door title="Recovery codes">
        <RecoveryCodes codes={confirm.data.codes} onKept={() => enter(confirm.data.session)} />
      </Door>
    );
  return (
    <Door
      title="Set up a second factor"
      lead="This Unity asks for a second factor. You are in when it is set up."
    >
      {begin.error && <ProblemAlert error={begin.error} />}
      {begin.isPending && <CardSkeleton height={320} />}
      {begin.data ? (
        <EnrolmentForm
          enrolment={begin.data}
          onConfirm={(code) => confirm.mutate(code)}
          isBusy={confirm.isPending}
          error={confirm.error}
          onCancel={onBack}
        />
      ) : (
        <Button variant="default" onClick={onBack}>
          Back
        </Button>
      )}
    </Door>
  );
}
