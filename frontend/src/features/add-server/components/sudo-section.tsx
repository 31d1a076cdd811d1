import { Button, Group, PasswordInput, Radio, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { ApiProblem } from '@/api/problem';
import type { ConnectionReport } from '@/api/reports';
import { Checks } from '@/components/checks';
import { CopyBlock } from '@/components/copy-block';
import { Notice } from '@/components/notice';
import {
  editLogin,
  editServer,
  serverQuery,
  storeLogin,
  testConnection,
  type Server,
  type SudoMode,
} from '../api';
import { useCheckRun } from '../hooks/use-check-run';

interface SudoSectionProps {
  server: Server;
  report: ConnectionReport | null;
  onReport: (report: ConnectionReport) => void;
  onDone: () => void;
}

const MODES: { value: SudoMode; label: string; description: string }[] = [
  {
    value: 'passwordless',
    label: 'sudo without a password',
    description: 'Best. You allow exactly the commands below and nothing more.',
  },
  {
    value: 'password',
    label: 'sudo with a password',
    description: 'The password is stored encrypted.',
  },
  {
    value: 'none',
    label: 'No sudo',
    description: 'What only root may read stays empty; everything else works.',
  },
];

export function SudoSection({ server, report, onReport, onDone }: SudoSectionProps) {
  const sudo = useSudo(server, onReport);
  const [mode, setMode] = useState<SudoMode>(server.sudo === 'none' ? 'passwordless' : server.sudo);
  const [password, setPassword] = useState('');
  const step = report?.steps.find((each) => each.name === 'sudo');
  const isRoot = server.sudo === 'none' && step?.state === 'ok';
  const needsPassword = mode === 'password' && server.credential_id === null;
  if (isRoot)
    return (
      <Stack gap="md">
        <Notice state="ok" title="No sudo is needed.">
          The login is root.
        </Notice>
        <Group>
          <Button onClick={onDone}>Continue</Button>
        </Group>
      </Stack>
    );
  const check = async () => {
    if (await sudo.check(mode, password)) onDone();
  };
  const goOn = async () => {
    setMode('none');
    if (await sudo.check('none', '')) onDone();
  };
  return (
    <Stack gap="md">
      <Text>What only root may read is asked with sudo, as far as you allow it.</Text>
      <Radio.Group
        label="How sudo is used"
        value={mode}
        onChange={(value) => setMode(MODES.find((each) => each.value === value)?.value ?? 'none')}
      >
        <Stack gap="xs" mt={6}>
          {MODES.map((each) => (
            <Radio key={each.value} {...each} />
          ))}
        </Stack>
      </Radio.Group>
      {mode === 'passwordless' && <SudoersLines lines={report?.sudo_lines ?? []} />}
      {mode === 'password' && !needsPassword && (
        <Text c="dimmed">sudo gets the password of {server.credential_name}.</Text>
      )}
      {needsPassword && (
        <PasswordInput
          label="Password for sudo"
          description={`That of ${server.username}, as sudo asks for it there.`}
          autoComplete="off"
          maw={420}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
      )}
      {sudo.checks.length > 0 && <Checks checks={sudo.checks} label="Checking sudo" />}
      <Group gap="xs">
        <Button
          onClick={() => void check()}
          loading={sudo.isBusy}
          disabled={needsPassword && !password}
        >
          {sudo.failure ? 'Check again' : mode === 'none' ? 'Continue' : 'Check'}
        </Button>
        {sudo.failure && mode !== 'none' && (
          <Button variant="default" onClick={() => void goOn()} disabled={sudo.isBusy}>
            Go on without sudo
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function SudoersLines({ lines }: { lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <div>
      <Text size="sm" mb={6}>
        On the machine, as root, open a new file with <code>visudo -f /etc/sudoers.d/unity</code>{' '}
        and put these lines into it:
      </Text>
      <CopyBlock text={lines.join('\n')} label="the lines for sudoers" />
    </div>
  );
}

const LINES_ABOVE =
  'Put the lines above into /etc/sudoers.d/unity on the machine, with visudo; then check again.';

function useSudo(server: Server, onReport: (report: ConnectionReport) => void) {
  const client = useQueryClient();
  const { checks, isBusy, failure, run } = useCheckRun();
  const loginId = useRef<string>(undefined);

  async function loginFor(mode: SudoMode, password: string): Promise<string | null> {
    if (mode !== 'password' || server.credential_id !== null) return null;
    const body = { name: `sudo on ${server.name}`, username: server.username, password };
    const known = loginId.current ?? server.sudo_credential_id ?? undefined;
    loginId.current = (await (known ? editLogin(known, body) : storeLogin(body))).id;
    return loginId.current;
  }

  async function change(mode: SudoMode, password: string): Promise<string> {
    const sudo_credential_id = await loginFor(mode, password);
    const changed = await editServer(server.id, { sudo: mode, sudo_credential_id });
    client.setQueryData(serverQuery(server.id).queryKey, changed);
    return mode === 'none' ? 'sudo is not used.' : 'Stored with the server.';
  }

  async function tryIt(mode: SudoMode): Promise<string> {
    const report = await testConnection(server.id);
    onReport(report);
    const failed = report.steps.find((step) => step.state === 'failed');
    if (failed)
      throw new ApiProblem(0, {
        detail: failed.message,
        fix: failed.name === 'sudo' && mode === 'passwordless' ? LINES_ABOVE : failed.fix,
      });
    return report.steps.find((step) => step.name === 'sudo')?.message ?? '';
  }

  const check = (mode: SudoMode, password: string) =>
    run([
      { name: 'store', label: 'Set how sudo is used', act: () => change(mode, password) },
      ...(mode === 'none'
        ? []
        : [{ name: 'try', label: 'Run a command with sudo', act: () => tryIt(mode) }]),
    ]);
  return { checks, isBusy, failure, check };
}
