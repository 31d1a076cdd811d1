import { useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { ApiProblem } from '@/api/problem';
import type { ConnectionReport } from '@/api/reports';
import {
  editLogin,
  editServer,
  enterServer,
  generateKey,
  installKey,
  serverQuery,
  storeLogin,
  testConnection,
  type Server,
} from '../api';
import { loginNameOf, type LoginValues } from '../login-values';
import type { ApprovedKey, Place } from '../place';
import { useCheckRun, type Step } from './use-check-run';

interface Given {
  place: Place;
  hostKey: ApprovedKey | null;
  server: Server | undefined;
  onEntered: (server: Server) => void;
  onReport: (report: ConnectionReport) => void;
}

/**
 * Makes the login and tries it. What one attempt has made (a key, a login, the server) the next one
 * uses again, so that nothing is there twice after a failure.
 */
export function useLogin(given: Given) {
  const client = useQueryClient();
  const { checks, isBusy, failure, run } = useCheckRun();
  const made = useRef<{ keyId?: string; keyName?: string; loginId?: string; serverId?: string }>(
    {},
  );
  const serverId = () => made.current.serverId ?? given.server?.id;

  async function keep(server: Server): Promise<void> {
    made.current.serverId = server.id;
    client.setQueryData(serverQuery(server.id).queryKey, server);
    given.onEntered(server);
    await client.invalidateQueries({ queryKey: ['servers', 'choices'] });
  }

  async function enter(values: LoginValues, login: Login): Promise<string> {
    const id = serverId();
    const username = values.username.trim();
    if (id !== undefined) {
      await keep(await editServer(id, { username, ...login }));
      return `${given.place.name} logs in as ${username}.`;
    }
    const { name, host, port, jumpServerId } = given.place;
    const host_key = given.hostKey && {
      public: given.hostKey.public,
      fingerprint: given.hostKey.fingerprint,
    };
    // It is collected once all sections are done; until then a wrong login would raise an alarm.
    await keep(
      await enterServer({
        name,
        host,
        port,
        username,
        jump_server_id: jumpServerId,
        sudo: 'none',
        notes: '',
        host_key,
        is_enabled: false,
        ...login,
      }),
    );
    return `${name} is in the list. It is not collected before you are done here.`;
  }

  function keyStep(values: LoginValues): Step {
    return {
      name: 'key',
      label: 'Make the key',
      act: async () => {
        const name = values.keyName.trim();
        if (made.current.keyName !== name) {
          made.current.keyId = (await generateKey(name)).id;
          made.current.keyName = name;
          await client.invalidateQueries({ queryKey: ['ssh-keys'] });
        }
        return 'An Ed25519 key. Its private half is stored encrypted and never shown.';
      },
    };
  }

  function passwordStep(values: LoginValues): Step {
    return {
      name: 'store',
      label: 'Store the password',
      act: async () => {
        const body = {
          name: loginNameOf(values, given.place),
          username: values.username.trim(),
          password: values.password,
        };
        const known = made.current.loginId;
        made.current.loginId = (await (known ? editLogin(known, body) : storeLogin(body))).id;
        await client.invalidateQueries({ queryKey: ['logins'] });
        return `It is stored encrypted, as ${body.name}.`;
      },
    };
  }

  const enterStep = (values: LoginValues, login: () => Login): Step => ({
    name: 'enter',
    label: serverId() === undefined ? 'Enter the server' : 'Change its login',
    act: () => enter(values, login()),
  });

  const installStep = (values: LoginValues, keyId: () => string): Step => ({
    name: 'install',
    label: 'Install the key with the one-time password',
    act: async () => {
      const report = await installKey(serverId() ?? '', keyId(), values.password);
      return `${report.message} It stands in ${report.path}.`;
    },
  });

  const testStep: Step = {
    name: 'test',
    label: 'Log in',
    act: async () => {
      const report = await testConnection(serverId() ?? '');
      given.onReport(report);
      const failed = report.steps.find((step) => step.state === 'failed' && step.name !== 'sudo');
      if (failed) throw new ApiProblem(0, { detail: failed.message, fix: failed.fix });
      const shell = report.steps.find((step) => step.name === 'shell');
      return `The login works. ${shell?.message ?? ''}`;
    },
  };

  function stepsFor(values: LoginValues): Step[] {
    const keyId = () => made.current.keyId ?? '';
    const chosenKey = () => values.keyId ?? '';
    switch (values.way) {
      case 'generate':
        return [
          keyStep(values),
          enterStep(values, () => NO_LOGIN),
          installStep(values, keyId),
          testStep,
        ];
      case 'password':
        return [
          passwordStep(values),
          enterStep(values, () => ({ ...NO_LOGIN, credential_id: made.current.loginId ?? null })),
          testStep,
        ];
      case 'stored':
        return [
          enterStep(values, () => ({ ...NO_LOGIN, credential_id: values.loginId })),
          testStep,
        ];
      case 'key':
        return values.isKeyMissing
          ? [enterStep(values, () => NO_LOGIN), installStep(values, chosenKey), testStep]
          : [enterStep(values, () => ({ ...NO_LOGIN, ssh_key_id: values.keyId })), testStep];
    }
  }
  const start = (values: LoginValues) => run(stepsFor(values));
  return { checks, isBusy, failure, start };
}

type Login = Pick<Server, 'ssh_key_id' | 'credential_id'>;
const NO_LOGIN: Login = { ssh_key_id: null, credential_id: null };
