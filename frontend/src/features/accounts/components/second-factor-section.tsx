import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { EnrolmentForm } from '@/components/enrolment-form';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { RecoveryCodes } from '@/components/recovery-codes';
import { RelativeTime } from '@/components/relative-time';
import {
  secondFactorQuery,
  useBeginEnrolment,
  useConfirmEnrolment,
  useRenewCodes,
  useTurnOff,
} from '../security';

const FEW = 3;

function useSetUp() {
  const begin = useBeginEnrolment();
  const confirm = useConfirmEnrolment();
  const [codes, setCodes] = useState<string[] | null>(null);
  const close = () => {
    begin.reset();
    confirm.reset();
    setCodes(null);
  };
  return { begin, confirm, codes, setCodes, close };
}

type SetUpState = ReturnType<typeof useSetUp>;

function SetUp({ begin }: SetUpState) {
  return (
    <Stack gap="sm" align="flex-start">
      <Text size="sm">
        With a second factor, the password alone opens nothing: a code of an app on your telephone
        is asked for, too.
      </Text>
      {begin.error && <ProblemAlert what="It was not set up" error={begin.error} />}
      <Button onClick={() => begin.mutate(undefined)} loading={begin.isPending}>
        Set up a second factor
      </Button>
    </Stack>
  );
}

/** Stays when the factor counts already, since only then there are codes to show. */
function SetUpDialog({ begin, confirm, codes, setCodes, close }: SetUpState) {
  return (
    <Modal
      opened={begin.data !== undefined || codes !== null}
      onClose={close}
      closeOnClickOutside={false}
      title={codes ? 'Recovery codes' : 'Set up a second factor'}
    >
      {codes && <RecoveryCodes codes={codes} onKept={close} />}
      {!codes && begin.data && (
        <EnrolmentForm
          enrolment={begin.data}
          onConfirm={(code) => confirm.mutate(code, { onSuccess: (made) => setCodes(made.codes) })}
          isBusy={confirm.isPending}
          error={confirm.error}
          onCancel={close}
        />
      )}
    </Modal>
  );
}

function Codes({ left }: { left: number }) {
  const renew = useRenewCodes();
  return (
    <>
      {left <= FEW && (
        <Notice
          state="warning"
          title={left === 0 ? 'No recovery codes left' : `${left} recovery codes left`}
        >
          Make new ones before you need them.
        </Notice>
      )}
      {renew.error && <ProblemAlert what="No codes were made" error={renew.error} />}
      <Button variant="default" onClick={() => renew.mutate(undefined)} loading={renew.isPending}>
        Make new recovery codes
      </Button>
      <Modal
        opened={renew.data !== undefined}
        onClose={renew.reset}
        closeOnClickOutside={false}
        title="Recovery codes"
      >
        {renew.data && <RecoveryCodes codes={renew.data.codes} onKept={renew.reset} />}
      </Modal>
    </>
  );
}

function TurnOff() {
  const [isAsking, setIsAsking] = useState(false);
  const turnOff = useTurnOff();
  return (
    <>
      <Button variant="default" onClick={() => setIsAsking(true)}>
        Turn it off
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setIsAsking(false)}
        title="Turn the second factor off?"
        confirmLabel="Turn it off"
        isBusy={turnOff.isPending}
        error={turnOff.error}
        isDangerous
        onConfirm={() => turnOff.mutate(undefined, { onSuccess: () => setIsAsking(false) })}
      >
        From then on the password alone opens your account. Your recovery codes are forgotten.
      </ConfirmDialog>
    </>
  );
}

/** The own second factor: set up, its recovery codes, and turned off where that is allowed. */
export function SecondFactorSection() {
  const query = useQuery(secondFactorQuery);
  const setUp = useSetUp();
  return (
    <Section title="Second factor">
      <Faces
        query={query}
        what="The second factor could not be read"
        skeleton={<CardSkeleton height={120} />}
        isEmpty={(state) => !state.is_set}
        empty={<SetUp {...setUp} />}
      >
        {(state) => (
          <Stack gap="sm" align="flex-start">
            <FactList
              facts={[
                ['Authenticator app', <RelativeTime key="set" at={state.set_at} />],
                ['Recovery codes left', String(state.recovery_codes_left)],
              ]}
            />
            <Group gap="xs">
              <Codes left={state.recovery_codes_left} />
              {!state.is_demanded && <TurnOff />}
            </Group>
            {state.is_demanded && (
              <Text size="sm" c="dimmed">
                The settings of this Unity demand it of your role.
              </Text>
            )}
          </Stack>
        )}
      </Faces>
      <SetUpDialog {...setUp} />
    </Section>
  );
}
