import { Radio, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Role } from '../api';
import { ROLES } from '../roles';

interface RoleSelectProps {
  value?: Role;
  onChange: (role: Role) => void;
  error?: ReactNode;
}

/** The roles, each with what it may do. */
export function RoleSelect({ value = 'viewer', onChange, error }: RoleSelectProps) {
  return (
    <Radio.Group
      label="Role"
      value={value}
      onChange={(next) => {
        const role = ROLES.find((each) => each.value === next);
        if (role) onChange(role.value);
      }}
      error={error}
    >
      <Stack gap="xs" mt={4}>
        {ROLES.map((role) => (
          <Radio
            key={role.value}
            value={role.value}
            label={role.label}
            description={role.description}
          />
        ))}
      </Stack>
    </Radio.Group>
  );
}
