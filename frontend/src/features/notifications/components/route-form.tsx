import {
  Fieldset,
  MultiSelect,
  NativeSelect,
  NumberInput,
  Stack,
  Switch,
  TagsInput,
  TextInput,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { splitProblem } from '@/api/field-errors';
import { FormActions } from '@/components/form-actions';
import { choices } from '@/lib/choices';
import {
  groupsQuery,
  routesQuery,
  serversQuery,
  tagsQuery,
  useSaveRoute,
  type Route,
  type Severity,
} from '../api';
import { MATCH, PLAN } from '../values';
import { HoursInput } from './hours-input';
import { PlanFields } from './plan-fields';

interface RouteFormProps {
  route: Route | null;
  onSaved: () => void;
  onCancel: () => void;
}

const SEVERITIES: Severity[] = ['critical', 'warning', 'info'];
const isSeverity = (word: string): word is Severity => SEVERITIES.some((one) => one === word);
const FIELDS = [
  ...['name', 'parent_id', 'match.groups', 'match.servers'],
  ...['plan.channels', 'plan.escalate_to', 'plan.zone'],
];

/** Which alerts, to whom, and when. */
export function RouteForm({ route, onSaved, onCancel }: RouteFormProps) {
  const save = useSaveRoute(route?.id ?? null);
  const routes = useQuery(routesQuery).data ?? [];
  const groups = useQuery(groupsQuery).data;
  const servers = useQuery(serversQuery).data;
  const tags = useQuery(tagsQuery).data ?? [];
  const [own, setOwn] = useState({
    name: route?.name ?? '',
    parent_id: route?.parent_id ?? '',
    position: route?.position ?? routes.length,
    is_enabled: route?.is_enabled ?? true,
    goes_on: route?.goes_on ?? false,
    inherits: route !== null && route.plan === null,
  });
  const [match, setMatch] = useState({ ...MATCH, ...route?.match });
  const [plan, setPlan] = useState({ ...PLAN, ...route?.plan });
  const split = splitProblem(save.error, FIELDS);
  const errors = save.error ? split.fields : {};
  const set = (part: Partial<typeof own>) => setOwn((old) => ({ ...old, ...part }));
  const fit = (part: Partial<typeof match>) => setMatch((old) => ({ ...old, ...part }));
  const submit = () => {
    const { inherits, parent_id, ...rest } = own;
    save.mutate(
      {
        ...rest,
        parent_id: parent_id || null,
        match,
        plan: inherits && parent_id !== '' ? null : plan,
      },
      { onSuccess: onSaved },
    );
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack gap="md">
        <TextInput
          label="Name"
          required
          data-autofocus
          value={own.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
          error={errors['name']}
        />
        <Fieldset legend="Which alerts (what is left empty fits all)">
          <Stack gap="md">
            <MultiSelect
              label="Severity"
              data={SEVERITIES}
              value={match.severities}
              onChange={(words) => fit({ severities: words.filter(isSeverity) })}
            />
            <TagsInput
              label="Domain"
              data={['core', 'infrastructure', 'credentials']}
              value={match.domains}
              onChange={(domains) => fit({ domains })}
            />
            <TagsInput
              label="Type"
              description="As the alert names it: server_offline, filesystem_full."
              value={match.types}
              onChange={(types) => fit({ types })}
            />
            <TagsInput
              label="Tag"
              data={tags}
              value={match.tags}
              onChange={(words) => fit({ tags: words })}
            />
            <MultiSelect
              label="Group"
              searchable
              data={choices(groups, match.groups, 'a group that is gone')}
              value={match.groups}
              onChange={(ids) => fit({ groups: ids })}
              error={errors['match.groups']}
            />
            <MultiSelect
              label="Server"
              searchable
              data={choices(servers, match.servers, 'a server that is gone')}
              value={match.servers}
              onChange={(ids) => fit({ servers: ids })}
              error={errors['match.servers']}
            />
            <HoursInput
              label="Only at these hours"
              description="Without any, at all times."
              hours={match.hours}
              onChange={(hours) => fit({ hours })}
            />
          </Stack>
        </Fieldset>
        {own.parent_id !== '' && (
          <Switch
            label="Tell whom the route above tells"
            checked={own.inherits}
            onChange={(event) => set({ inherits: event.currentTarget.checked })}
          />
        )}
        {!(own.inherits && own.parent_id !== '') && (
          <PlanFields
            plan={plan}
            onChange={(part) => setPlan((old) => ({ ...old, ...part }))}
            errors={errors}
          />
        )}
        <Fieldset legend="Place in the tree">
          <Stack gap="md">
            <NativeSelect
              label="Below"
              data={[
                { value: '', label: 'nothing: it is asked first' },
                ...routes
                  .filter(({ id }) => id !== route?.id)
                  .map(({ id, name }) => ({ value: id, label: name })),
              ]}
              value={own.parent_id}
              onChange={(event) => set({ parent_id: event.currentTarget.value })}
              error={errors['parent_id']}
            />
            <NumberInput
              label="Place among its neighbours"
              description="The first one that fits is taken."
              min={0}
              max={10000}
              value={own.position}
              onChange={(next) => set({ position: Number(next) || 0 })}
            />
            <Switch
              label="Go on to the next routes"
              checked={own.goes_on}
              onChange={(event) => set({ goes_on: event.currentTarget.checked })}
            />
            <Switch
              label="In use"
              checked={own.is_enabled}
              onChange={(event) => set({ is_enabled: event.currentTarget.checked })}
            />
          </Stack>
        </Fieldset>
        <FormActions
          submitLabel={route === null ? 'Add the route' : 'Save'}
          isBusy={save.isPending}
          error={save.error ? split.rest : null}
          onCancel={onCancel}
        />
      </Stack>
    </form>
  );
}
