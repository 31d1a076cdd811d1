import { Button, Group, NumberInput, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery } from '@tanstack/react-query';
import { splitProblem } from '@/api/field-errors';
import type { ProbeReport } from '@/api/reports';
import { Checks, type Check } from '@/components/checks';
import { ProblemAlert } from '@/components/problem-alert';
import { probe, serverChoicesQuery } from '../api';
import { nameFromHost, type Place } from '../place';

interface ReachSectionProps {
  onReached: (place: Place, report: ProbeReport) => void;
  /** What was true of another address is so no more. */
  onChange: () => void;
}

const FIELDS = ['host', 'port', 'jump_server_id'];
const LARGEST_PORT = 65_535;

export function ReachSection({ onReached, onChange }: ReachSectionProps) {
  const servers = useQuery(serverChoicesQuery);
  const form = useForm({
    initialValues: { name: '', host: '', port: 22, jump_server_id: null as string | null },
    onValuesChange: (now, before) => {
      // The name follows the host until somebody gives another one.
      if (now.host !== before.host && now.name === nameFromHost(before.host))
        form.setFieldValue('name', nameFromHost(now.host));
      if (now.host !== before.host || now.port !== before.port) onChange();
    },
    validate: {
      name: (name) => {
        if (!name.trim()) return 'Give it a name.';
        const isTaken = servers.data?.some((server) => server.name === name.trim());
        return isTaken ? 'Another server has this name.' : null;
      },
      host: (host) => (host.trim() ? null : 'Enter a name or an address.'),
    },
  });
  const reach = useMutation({
    mutationFn: (place: Place) =>
      probe({ host: place.host, port: place.port, jump_server_id: place.jumpServerId }),
    onSuccess: (report, place) => {
      if (report.is_reachable) onReached(place, report);
    },
    onError: (error) => form.setErrors(splitProblem(error, FIELDS).fields),
  });
  const rest = reach.error ? splitProblem(reach.error, FIELDS).rest : null;
  const submit = form.onSubmit(({ name, host, port, jump_server_id }) =>
    reach.mutate({ name: name.trim(), host: host.trim(), port, jumpServerId: jump_server_id }),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput
            label="Host"
            description="A name or an address, such as nas.lan or 192.0.2.10."
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            data-autofocus
            {...form.getInputProps('host')}
          />
          <TextInput
            label="Name"
            description="What you call it."
            autoComplete="off"
            required
            {...form.getInputProps('name')}
          />
          <NumberInput
            label="SSH port"
            description="22, unless you changed it."
            min={1}
            max={LARGEST_PORT}
            hideControls
            required
            {...form.getInputProps('port')}
            onChange={(value) => form.setFieldValue('port', Number(value) || 22)}
          />
          <Select
            label="Jump host"
            description="Only when Unity cannot reach it directly."
            placeholder="None"
            data={(servers.data ?? [])
              .filter((server) => !server.is_local)
              .map(({ id, name }) => ({ value: id, label: name }))}
            clearable
            searchable
            {...form.getInputProps('jump_server_id')}
          />
        </SimpleGrid>
        {rest != null && <ProblemAlert error={rest} />}
        <ReachChecks
          place={reach.variables}
          report={reach.data}
          isBusy={reach.isPending}
          hasFailed={reach.isError}
        />
        <Group>
          <Button type="submit" loading={reach.isPending}>
            {reach.data ? 'Try again' : 'Look for it'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface ReachChecksProps {
  place: Place | undefined;
  report: ProbeReport | undefined;
  isBusy: boolean;
  hasFailed: boolean;
}

function ReachChecks({ place, report, isBusy, hasFailed }: ReachChecksProps) {
  if (!place || hasFailed || (!isBusy && !report)) return null;
  const address = `${place.host}, port ${place.port}`;
  const check: Check = {
    name: 'reach',
    label: `Reach ${address}`,
    state: isBusy ? 'running' : report?.is_reachable ? 'ok' : 'failed',
  };
  if (!isBusy && report)
    Object.assign(check, {
      message: report.message,
      fix: report.fix,
      commands: 'systemctl status ssh sshd\nss -ltn',
    });
  return <Checks checks={[check]} label="Whether the machine answers" />;
}
