import { Switch, Table, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useFirstRows } from '@/components/first-rows';
import { StatusMark } from '@/components/status-badge';
import { NOT_KNOWN } from '@/lib/format';
import type { PoolMember } from '../api';
import classes from './pools.module.css';

interface Node {
  member: PoolMember;
  depth: number;
}

/** The members in the order of the tree, each below the one it belongs to. */
export function treeOf(members: readonly PoolMember[]): Node[] {
  const found: Node[] = [];
  const below = new Map<number | null, [number, PoolMember][]>();
  members.forEach((member, index) => {
    const siblings = below.get(member.parent) ?? [];
    siblings.push([index, member]);
    below.set(member.parent, siblings);
  });
  const add = (parent: number | null, depth: number) => {
    for (const [index, member] of below.get(parent) ?? []) {
      found.push({ member, depth });
      add(index, depth + 1);
    }
  };
  add(null, 0);
  return found;
}

const errorsOf = ({ read_errors, write_errors, checksum_errors }: PoolMember) =>
  (read_errors ?? 0) + (write_errors ?? 0) + (checksum_errors ?? 0);

const isHurt = (member: PoolMember) => !member.is_well || errorsOf(member) > 0;

/** Those that are not well, each with what it belongs to. */
export function hurtOf(members: readonly PoolMember[]): Node[] {
  const kept = new Set<PoolMember>();
  for (const member of members.filter(isHurt)) {
    let place: PoolMember | undefined = member;
    while (place !== undefined && !kept.has(place)) {
      kept.add(place);
      place = place.parent === null ? undefined : members[place.parent];
    }
  }
  return treeOf(members).filter(({ member }) => kept.has(member));
}

function Count({ value }: { value: number | null }) {
  return <Table.Td className={classes.count}>{value ?? NOT_KNOWN}</Table.Td>;
}

function Name({ member }: { member: PoolMember }) {
  if (member.device_id === null) return member.name;
  return (
    <Link to="/storage/devices/$deviceId" params={{ deviceId: member.device_id }}>
      {member.name}
    </Link>
  );
}

// What is not data is in the pool for something else, which the name of a device does not tell.
const ROLES = new Set(['log', 'cache', 'spare', 'special', 'dedup', 'journal', 'replacement']);
// So many fit on a screen; of more, those that are not well are what people look for.
const AT_A_GLANCE = 30;

/** What the pool is made of: each member with its state and its errors. */
export function MemberTree({ members }: { members: readonly PoolMember[] }) {
  const hurt = members.filter((member) => member.is_leaf && isHurt(member)).length;
  const canChoose = hurt > 0 && members.length > AT_A_GLANCE;
  const [isShort, setShort] = useState(canChoose);
  const isHurtOnly = canChoose && isShort;
  const [shown, more] = useFirstRows(isHurtOnly ? hurtOf(members) : treeOf(members), 'members');
  if (members.length === 0) return <Text c="dimmed">No member of it is known.</Text>;
  return (
    <>
      {canChoose && (
        <Switch
          mb="sm"
          label={`Only the ${hurt} that are not well, of ${members.length}`}
          checked={isShort}
          onChange={(event) => setShort(event.currentTarget.checked)}
        />
      )}
      <div className={classes.scroll} role="region" aria-label="Members" tabIndex={0}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Member</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th className={classes.count}>Read errors</Table.Th>
              <Table.Th className={classes.count}>Write errors</Table.Th>
              <Table.Th className={classes.count}>Checksum errors</Table.Th>
              <Table.Th>Note</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map(({ member, depth }, index) => (
              <Table.Tr key={`${member.name}-${index}`}>
                <Table.Td>
                  <span className={classes.name} style={{ paddingInlineStart: depth * 16 }}>
                    <StatusMark
                      state={!member.is_well ? 'critical' : errorsOf(member) > 0 ? 'warning' : 'ok'}
                    />
                    <Name member={member} />
                    {ROLES.has(member.role) && member.role !== member.state && (
                      <Text span size="sm" c="dimmed">
                        {member.role}
                      </Text>
                    )}
                  </span>
                </Table.Td>
                <Table.Td>{member.state}</Table.Td>
                <Count value={member.read_errors} />
                <Count value={member.write_errors} />
                <Count value={member.checksum_errors} />
                <Table.Td>{member.note}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        {more}
      </div>
    </>
  );
}
