import { ActionIcon, Menu } from '@mantine/core';
import { IconLogout, IconShieldLock, IconUserCircle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useSession } from '@/api/session';
import { ColorSchemeItems } from './color-scheme-menu';

export function UserMenu({ onLogOut }: { onLogOut: () => void }) {
  const { user } = useSession();
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon size={32} aria-label="You and the look">
          <IconUserCircle size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {user && (
          <>
            <Menu.Label>
              {user.name}, {user.role}
            </Menu.Label>
            <Menu.Item
              component={Link}
              to="/profile"
              leftSection={<IconShieldLock size={16} aria-hidden />}
            >
              You and your security
            </Menu.Item>
            <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={onLogOut}>
              Log out
            </Menu.Item>
            <Menu.Divider />
          </>
        )}
        <ColorSchemeItems />
      </Menu.Dropdown>
    </Menu>
  );
}
