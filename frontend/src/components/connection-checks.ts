import type { ConnectionReport } from '@/api/reports';
import type { Check } from './checks';

type StepName = ConnectionReport['steps'][number]['name'];

const LABELS: Record<StepName, string> = {
  reach: 'Reach',
  host_key: 'Host key',
  login: 'Login',
  shell: 'Shell',
  sudo: 'sudo',
};

// What to type on the machine to learn why; the words before it come from the server.
const COMMANDS: Partial<Record<StepName, string>> = {
  reach: 'systemctl status ssh sshd\nss -ltn',
  login: 'journalctl -u ssh -u sshd -n 20 --no-pager',
};

/** The steps of a connection test as checks; the lines for sudoers go into a block of their own. */
export function connectionChecks(report: ConnectionReport, only?: readonly StepName[]): Check[] {
  return report.steps
    .filter((step) => !only || only.includes(step.name))
    .map((step) => ({
      name: step.name,
      label: LABELS[step.name],
      state: step.state,
      message: step.message,
      fix: step.fix.split('\n')[0] ?? '',
      ...commandsOf(step.name, report),
    }));
}

function commandsOf(name: StepName, report: ConnectionReport): Pick<Check, 'commands'> {
  const commands = name === 'sudo' ? report.sudo_lines.join('\n') : COMMANDS[name];
  return commands ? { commands } : {};
}

/** The steps of a test that is under way. */
export function runningChecks(only?: readonly StepName[]): Check[] {
  const names: StepName[] = ['reach', 'host_key', 'login', 'shell', 'sudo'];
  return names
    .filter((name) => !only || only.includes(name))
    .map((name) => ({ name, label: LABELS[name], state: 'running' }));
}
