import { Stack } from '@mantine/core';
import { useState } from 'react';
import type { ConnectionReport, OfferedKey, ProbeReport } from '@/api/reports';
import type { Server } from '../api';
import { placeOf, type ApprovedKey, type Place } from '../place';
import { FingerprintSection } from './fingerprint-section';
import { LoginSection } from './login-section';
import { ReachSection } from './reach-section';
import { ResultSection } from './result-section';
import { SudoSection } from './sudo-section';
import { WizardSection } from './wizard-section';

type SectionName = 'reach' | 'fingerprint' | 'login' | 'sudo' | 'result';

interface WizardProps {
  server: Server | undefined;
  pin: ApprovedKey | null | undefined;
  onEntered: (serverId: string) => void;
  onAgain: () => void;
}

const SUDO_WORDS: Record<Server['sudo'], string> = {
  none: 'No sudo',
  passwordless: 'sudo without a password',
  password: 'sudo with a password',
};

export function Wizard({ server, pin, onEntered, onAgain }: WizardProps) {
  const [open, setOpen] = useState<SectionName>(server ? 'login' : 'reach');
  const [place, setPlace] = useState<Place | null>(server ? placeOf(server) : null);
  const [offered, setOffered] = useState<OfferedKey | null>(null);
  const [approved, setApproved] = useState<ApprovedKey | null>(null);
  const [report, setReport] = useState<ConnectionReport | null>(null);
  const [isSudoDone, setIsSudoDone] = useState(false);

  const key = approved ?? pin ?? null;
  const isFixed = server !== undefined;
  const isLoggedIn =
    report?.steps.every((step) => step.state !== 'failed' || step.name === 'sudo') ?? false;
  const opener = (name: SectionName, isPossible: boolean) =>
    isPossible ? () => setOpen(name) : undefined;

  const handleReached = (reached: Place, { host_key }: ProbeReport) => {
    setPlace(reached);
    setOffered(host_key);
    if (approved?.fingerprint !== host_key?.fingerprint) setApproved(null);
    setOpen(approved && approved.fingerprint === host_key?.fingerprint ? 'login' : 'fingerprint');
  };
  const forgetPlace = () => {
    setOffered(null);
    setApproved(null);
  };
  const address = place && `${place.name}: ${place.host}, port ${place.port}`;
  return (
    <Stack gap="sm" maw={860}>
      <WizardSection
        number={1}
        title="Reach the machine"
        summary={address}
        isDone={isFixed || offered !== null}
        isOpen={open === 'reach'}
        onOpen={opener('reach', !isFixed)}
      >
        <ReachSection onReached={handleReached} onChange={forgetPlace} />
      </WizardSection>
      <WizardSection
        number={2}
        title="Approve its host key"
        summary={key?.fingerprint}
        isDone={key !== null}
        isOpen={open === 'fingerprint'}
        onOpen={opener('fingerprint', !isFixed && offered !== null)}
      >
        {offered && place && (
          <FingerprintSection
            key={offered.fingerprint}
            hostKey={offered}
            host={place.host}
            onApprove={() => {
              setApproved(offered);
              setOpen('login');
            }}
          />
        )}
      </WizardSection>
      <WizardSection
        number={3}
        title="Log in"
        summary={server && isLoggedIn ? `As ${server.username}, ${wayOf(server)}` : undefined}
        isDone={isLoggedIn}
        isOpen={open === 'login'}
        onOpen={opener('login', key !== null || isFixed)}
      >
        {place && (key !== null || isFixed) && (
          <LoginSection
            key={`${place.host}:${place.port}`}
            place={place}
            hostKey={key}
            server={server}
            report={report}
            onEntered={({ id }) => onEntered(id)}
            onReport={setReport}
            onDone={() => setOpen('sudo')}
          />
        )}
      </WizardSection>
      <WizardSection
        number={4}
        title="Check sudo"
        summary={server && isSudoDone ? SUDO_WORDS[server.sudo] : undefined}
        isDone={isSudoDone}
        isOpen={open === 'sudo'}
        onOpen={opener('sudo', isLoggedIn)}
      >
        {server && isLoggedIn && (
          <SudoSection
            server={server}
            report={report}
            onReport={setReport}
            onDone={() => {
              setIsSudoDone(true);
              setOpen('result');
            }}
          />
        )}
      </WizardSection>
      <WizardSection
        number={5}
        title="Result"
        isDone={false}
        isOpen={open === 'result'}
        onOpen={opener('result', isSudoDone)}
      >
        {server && isSudoDone && <ResultSection server={server} onAgain={onAgain} />}
      </WizardSection>
    </Stack>
  );
}

function wayOf(server: Server): string {
  if (server.ssh_key_name) return `with the key ${server.ssh_key_name}`;
  return server.credential_name ? `with the login ${server.credential_name}` : 'without a login';
}
