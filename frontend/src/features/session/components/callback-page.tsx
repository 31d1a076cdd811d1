import { Button, Stack } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { CardSkeleton } from '@/components/loading';
import { ProblemAlert } from '@/components/problem-alert';
import type { components } from '@/api/schema';
import { useFinishSignOn } from '../api';
import { Door } from './door';

interface CallbackPageProps {
  answer: components['schemas']['SignOnReturn'];
  /** `user` is null when the login still wants its second step. */
  onDone: (purpose: string) => void;
  onBack: () => void;
}

/** The way back from a provider: what it says is judged by the server, and a refusal is said here. */
export function CallbackPage({ answer, onDone, onBack }: CallbackPageProps) {
  const finish = useFinishSignOn();
  const { mutate } = finish;
  const isBegun = useRef(false);
  useEffect(() => {
    // A code counts once; React's strict mode runs effects twice.
    if (isBegun.current) return;
    isBegun.current = true;
    mutate(answer, { onSuccess: ({ purpose }) => onDone(purpose) });
  }, [answer, mutate, onDone]);
  return (
    <Door title={finish.error ? 'Not logged in' : 'One moment'}>
      {finish.error ? (
        <Stack gap="md">
          <ProblemAlert error={finish.error} />
          <Button onClick={onBack}>Back to the login</Button>
        </Stack>
      ) : (
        <CardSkeleton height={80} />
      )}
    </Door>
  );
}
