import {
  Button,
  Group,
  List,
  Modal,
  PasswordInput,
  Select,
  Stack,
  Text,
  Title,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { Checks } from '@/components/checks';
import { FormActions } from '@/components/form-actions';
import { Notice } from '@/components/notice';
import { keyChoicesQuery, useInstallKey, type Server } from '../api';

/** Puts a public key on the machine and logs in with it from then on, once it was seen to open it. */
export function InstallKeyDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const keys = useQuery(keyChoicesQuery);
  const install = useInstallKey(server.id);
  const hasLogin = server.ssh_key_id !== null || server.credential_id !== null;
  const form = useForm({
    initialValues: { ssh_key_id: null as string | null, password: '' },
    validate: {
      ssh_key_id: (id) => (id ? null : 'Choose a key.'),
      password: (password) =>
        password || hasLogin ? null : 'Enter the password of the account, once.',
    },
  });
  const submit = form.onSubmit(({ ssh_key_id, password }) =>
    install.mutate({ ssh_key_id: ssh_key_id ?? '', one_time_password: password || null }),
  );
  return (
    <Modal opened onClose={onClose} title={`Install a key on ${server.name}`} size="lg">
      {install.data ? (
        <Stack gap="md">
          <Notice state="ok" role="status" title="The key opens the machine.">
            {install.data.message} It stands in {install.data.path}.
          </Notice>
          <Group>
            <Button onClick={onClose}>Close</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={submit} noValidate>
          <Stack gap="md">
            <div>
              <Title order={3}>What happens</Title>
              <List type="ordered" size="sm">
                <List.Item>One line is added to authorized_keys of {server.username}.</List.Item>
                <List.Item>A new connection that offers this key alone is made.</List.Item>
                <List.Item>
                  When it gets in, Unity logs in with the key; when not, the line is taken back.
                </List.Item>
              </List>
              <Text size="sm">All other lines stay as they are, and so does the old login.</Text>
            </div>
            <Select
              label="Key"
              placeholder={keys.data?.length === 0 ? 'No keys are stored' : 'Choose one'}
              data={(keys.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
              searchable
              required
              {...form.getInputProps('ssh_key_id')}
            />
            <PasswordInput
              label="One-time password"
              description={
                hasLogin
                  ? 'Leave it empty to use the login the server has.'
                  : 'The password of the account. Used to install the key, then forgotten.'
              }
              autoComplete="off"
              {...form.getInputProps('password')}
            />
            {install.isPending && (
              <Checks
                label="Installing the key"
                checks={[{ name: 'install', label: 'Install and prove the key', state: 'running' }]}
              />
            )}
            <FormActions
              submitLabel={install.error ? 'Try again' : 'Install'}
              isBusy={install.isPending}
              error={install.error}
              onCancel={onClose}
            />
          </Stack>
        </form>
      )}
    </Modal>
  );
}
