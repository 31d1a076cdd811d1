import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Link } from '@tanstack/react-router';
import type { ConnectionReport } from '@/api/reports';
import { Checks } from '@/components/checks';
import { Notice } from '@/components/notice';
import type { Server } from '../api';
import { useLogin } from '../hooks/use-login';
import { faultsOf, firstValues, type LoginValues } from '../login-values';
import type { ApprovedKey, Place } from '../place';
import { LoginFields } from './login-fields';

interface LoginSectionProps {
  place: Place;
  hostKey: ApprovedKey | null;
  server: Server | undefined;
  report: ConnectionReport | null;
  onEntered: (server: Server) => void;
  onReport: (report: ConnectionReport) => void;
  onDone: () => void;
}

export function LoginSection(props: LoginSectionProps) {
  const { place, server, report, onDone } = props;
  const login = useLogin(props);
  const form = useForm<LoginValues>({
    initialValues: firstValues(place, server),
    validate: faultsOf,
  });
  const submit = form.onSubmit(async (values) => {
    if (!(await login.start(values))) return;
    form.setFieldValue('password', '');
    onDone();
  });
  const known = login.failure?.body.server_id;
  const hasOtherKey = report?.steps.some(
    (step) => step.name === 'host_key' && step.state === 'failed',
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <LoginFields form={form} place={place} />
        {login.checks.length > 0 && <Checks checks={login.checks} label="Logging in" />}
        {typeof known === 'string' && (
          <Anchor component={Link} to={`/servers/${known}`}>
            Open that server
          </Anchor>
        )}
        {hasOtherKey && server && (
          <Notice state="critical" role="alert" title="The host key is not the approved one.">
            <Text size="sm">
              No password and no key was sent.{' '}
              <Link
                to="/servers/$serverId"
                params={{ serverId: server.id }}
                search={{ tab: 'access' }}
              >
                Compare the two keys
              </Link>{' '}
              and decide there; then come back.
            </Text>
          </Notice>
        )}
        <Group>
          <Button type="submit" loading={login.isBusy}>
            {login.failure ? 'Try again' : 'Log in'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
