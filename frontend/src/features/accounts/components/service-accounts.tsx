import { Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Fragment, useState } from 'react';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { Faces } from '@/components/faces';
import { Item, ItemList } from '@/components/item-list';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { ProblemAlert } from '@/components/problem-alert';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { plural } from '@/lib/format';
import {
  serviceAccountQuery,
  serviceAccountsQuery,
  useAddServiceAccount,
  useDeleteServiceAccount,
  useEditServiceAccount,
  type ServiceAccount,
} from '../access';
import type { Role } from '../api';
import { ROLES } from '../roles';
import { GrantsSection } from './grants-section';
import { MakeTokenDialog } from './make-token-dialog';

function Row({ account, mayManage }: { account: ServiceAccount; mayManage: boolean }) {
  const [dialog, setDialog] = useState<'open' | 'token' | 'delete' | null>(null);
  const [edit, remove] = [useEditServiceAccount(), useDeleteServiceAccount()];
  const close = () => setDialog(null);
  const isOpen = dialog === 'open';
  const fresh = useQuery({ ...serviceAccountQuery(account.id), enabled: isOpen });
  return (
    <Item
      name={account.name}
      note={account.description}
      facts={[
        <StatusBadge key="state" state={account.is_disabled ? 'unknown' : 'ok'}>
          {account.is_disabled ? 'disabled' : 'enabled'}
        </StatusBadge>,
        account.role,
        account.owner === null ? 'owned by nobody' : `owned by ${account.owner}`,
        account.last_used_at === null ? (
          'never used'
        ) : (
          <Fragment key="used">
            used <RelativeTime at={account.last_used_at} />
          </Fragment>
        ),
      ]}
      actions={
        <>
          <Button
            size="xs"
            variant="default"
            aria-expanded={isOpen}
            onClick={() => setDialog(isOpen ? null : 'open')}
          >
            Groups
          </Button>
          {mayManage && (
            <>
              <Button size="xs" variant="default" onClick={() => setDialog('token')}>
                Make a token
              </Button>
              <Button size="xs" variant="default" onClick={() => edit.mutate(account)}>
                {account.is_disabled ? 'Enable' : 'Disable'}
              </Button>
              <Button size="xs" variant="default" onClick={() => setDialog('delete')}>
                Delete
              </Button>
            </>
          )}
        </>
      }
    >
      {edit.error && <ProblemAlert what="Nothing was changed" error={edit.error} />}
      {isOpen && (
        <Stack gap="xs" mt="xs">
          <Text size="sm" c="dimmed">
            {plural(fresh.data?.tokens ?? account.tokens, 'token')}
          </Text>
          <GrantsSection userId={account.id} mayManage={mayManage} />
        </Stack>
      )}
      <MakeTokenDialog isOpen={dialog === 'token'} onClose={close} owner={account.name} />
      <ConfirmDialog
        isOpen={dialog === 'delete'}
        onClose={close}
        title={`Delete ${account.name}?`}
        confirmLabel="Delete"
        isDangerous
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(account, { onSuccess: close })}
      >
        Its tokens are refused from then on. The audit log keeps what it did.
      </ConfirmDialog>
    </Item>
  );
}

function Add() {
  const add = useAddServiceAccount();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(
          { name, description, role, owner: '' },
          {
            onSuccess: () => {
              setName('');
              setDescription('');
            },
          },
        );
      }}
    >
      <Group align="end" gap="xs">
        <TextInput
          label="Program"
          required
          withAsterisk={false}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label="What it is for"
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <NativeSelect
          label="Role for all"
          data={ROLES.map(({ value }) => value)}
          value={role}
          onChange={(event) => {
            const found = ROLES.find(({ value }) => value === event.currentTarget.value);
            if (found) setRole(found.value);
          }}
        />
        <Button type="submit" variant="default" loading={add.isPending}>
          Add the account
        </Button>
      </Group>
      {add.error && <ProblemAlert what="The account was not added" error={add.error} />}
    </form>
  );
}

/** Programs that have rights here: no password, no session, only tokens. */
export function ServiceAccounts({ mayManage }: { mayManage: boolean }) {
  const accounts = useQuery(serviceAccountsQuery);
  return (
    <Section title="Service accounts">
      <Faces
        query={accounts}
        what="The service accounts could not be read"
        skeleton={<RowsSkeleton rows={2} />}
      >
        {(found) => (
          <Stack gap="sm">
            {found.length === 0 ? (
              <Text size="sm" c="dimmed">
                No program has an account of its own. One outlives the person who made it, and logs
                in nowhere.
              </Text>
            ) : (
              <ItemList label="Service accounts">
                {found.map((account) => (
                  <Row key={account.id} account={account} mayManage={mayManage} />
                ))}
              </ItemList>
            )}
            {mayManage && <Add />}
          </Stack>
        )}
      </Faces>
    </Section>
  );
}
