import { Checkbox, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { splitProblem } from '@/api/field-errors';
import { useSession, type Permission } from '@/api/session';
import { Faces } from '@/components/faces';
import { FormActions } from '@/components/form-actions';
import { RowsSkeleton } from '@/components/loading';
import { rolesQuery, useMakeToken, type NewToken } from '../api';

const FIELDS = ['name', 'scopes', 'expires_in_days'];
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
}

/** Name, rights and end of a new token; nobody can give more rights than they have. */
export function TokenForm({ onMade, onCancel }: TokenFormProps) {
  const make = useMakeToken();
  const roles = useQuery(rolesQuery);
  const { permissions } = useSession();
  const form = useForm({
    initialValues: { name: '', scopes: [] as Permission[], expires_in_days: '90' },
    validate: {
      scopes: (value) => (value.length === 0 ? 'Choose at least one right.' : null),
    },
  });
  const submit = ({ name, scopes, expires_in_days }: typeof form.values) =>
    make.mutate(
      {
        name,
        scopes,
        expires_in_days: expires_in_days ? Number(expires_in_days) : null,
        owner: '',
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
