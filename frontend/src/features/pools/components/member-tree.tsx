import { Table } from '@mantine/core';
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

function Count({ value }: { value: number | null }) {
  return <Table.Td className={classes.count}>{value ?? NOT_KNOWN}</Table.Td>;
}

/** What the pool is made of: each member with its state and its errors. */
export function MemberTree({ members }: { members: readonly PoolMember[] }) {
  const [shown, more] = useFirstRows(treeOf(members), 'members');
  return (
    <div className={classes.scroll} role="region" aria-label="Members" tabIndex={0}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Member</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th className={classes.count}>Read</Table.Th>
            <Table.Th className={classes.count}>Write</Table.Th>
            <Table.Th className={classes.count}>Checksum</Table.Th>
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
                  {member.name}
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
  );
}
