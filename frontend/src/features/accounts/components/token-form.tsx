import { Checkbox, MultiSelect, Select, Stack, TagsInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { splitProblem } from '@/api/field-errors';
import { useMay, useSession, type Permission } from '@/api/session';
import { Faces } from '@/components/faces';
import { FormActions } from '@/components/form-actions';
import { RowsSkeleton } from '@/components/loading';
import { groupsQuery } from '../access';
import { rolesQuery, useMakeToken, type NewToken } from '../api';

const FIELDS = ['name', 'scopes', 'expires_in_days', 'groups', 'addresses'];
const LENGTHS = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
  { value: '', label: 'never' },
];

interface TokenFormProps {
  onMade: (token: NewToken) => void;
  onCancel: () => void;
  owner: string;
}

/** Name, rights and end of a new token; nobody can give more rights than they have. */
export function TokenForm({ onMade, onCancel, owner }: TokenFormProps) {
  const make = useMakeToken();
  const roles = useQuery(rolesQuery);
  const groups = useQuery({ ...groupsQuery, enabled: useMay('resources:read') });
  const { permissions } = useSession();
  const form = useForm({
    initialValues: {
      name: '',
      scopes: [] as Permission[],
      expires_in_days: '90',
      groups: [] as string[],
      addresses: [] as string[],
    },
    validate: {
      scopes: (value) => (value.length === 0 ? 'Choose at least one right.' : null),
    },
  });
  const submit = ({ expires_in_days, ...rest }: typeof form.values) =>
    make.mutate(
      {
        ...rest,
        expires_in_days: expires_in_days ? Number(expires_in_days) : null,
        owner,
      },
      {
        onSuccess: onMade,
        onError: (error) => form.setErrors(splitProblem(error, FIELDS).fields),
      },
    );
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="md">
        <TextInput
          label="Name"
          description="Which program will use it, such as grafana."
          autoComplete="off"
          data-autofocus
          required
          {...form.getInputProps('name')}
        />
        <Faces
          query={roles}
          what="The rights could not be read"
          skeleton={<RowsSkeleton rows={6} />}
        >
          {(table) => (
            <Checkbox.Group
              label="What it may do"
              description="As little as the program needs."
              {...form.getInputProps('scopes')}
            >
              <Stack gap="xs" mt="xs">
                {table.permissions
                  .filter(({ permission }) => permissions.includes(permission))
                  .map(({ permission, description }) => (
                    <Checkbox
                      key={permission}
                      value={permission}
                      label={permission}
                      description={description}
                    />
                  ))}
              </Stack>
            </Checkbox.Group>
          )}
        </Faces>
        <Select
          label="Ends after"
          data={LENGTHS}
          allowDeselect={false}
          {...form.getInputProps('expires_in_days')}
        />
        <MultiSelect
          label="Only for these groups"
          description="It counts for the resources of these groups alone. Empty: for all."
          data={groups.data?.map(({ name }) => name) ?? []}
          {...form.getInputProps('groups')}
        />
        <TagsInput
          label="Only from these networks"
          description="Such as 192.0.2.0/24, each followed by Enter. Empty: from anywhere."
          {...form.getInputProps('addresses')}
        />
        <FormActions
          submitLabel="Make the token"
          isBusy={make.isPending}
          error={make.error ? splitProblem(make.error, FIELDS).rest : null}
          onCancel={onCancel}
        />
      </Stack>
    </form>
  );
}
