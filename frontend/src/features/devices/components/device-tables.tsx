import { Anchor, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import type { State } from '@/lib/states';
import { deviceEventsQuery, type DeviceDetail } from '../api';
import classes from './devices.module.css';

const OUTCOMES: Record<string, State> = { passed: 'ok', failed: 'critical' };
const OPINIONS: Record<string, State> = { passed: 'ok', warning: 'warning', failed: 'critical' };

interface AttributesProps {
  device: DeviceDetail;
  chosen: number | null;
  onChoose: (id: number) => void;
}

/** The attribute table; a row is chosen to see its history. */
export function Attributes({ device, chosen, onChoose }: AttributesProps) {
  if (device.attributes.length === 0) return null;
  return (
    <Section title="Attributes">
      <div className={classes.scroll} role="region" aria-label="Attribute table" tabIndex={0}>
        <Table highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th className={classes.count}>Id</Table.Th>
              <Table.Th>Attribute</Table.Th>
              <Table.Th className={classes.count}>Value</Table.Th>
              <Table.Th className={classes.count}>Worst</Table.Th>
              <Table.Th className={classes.count}>Limit</Table.Th>
              <Table.Th className={classes.count}>Raw</Table.Th>
              <Table.Th>Counts</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {device.attributes.map((row) => (
              <Table.Tr
                key={row.id}
                bg={row.id === chosen ? 'var(--mantine-color-default-hover)' : undefined}
              >
                <Table.Td className={classes.count}>{row.id}</Table.Td>
                <Table.Td>
                  <Anchor component="button" size="sm" onClick={() => onChoose(row.id)}>
                    {row.name.replaceAll('_', ' ')}
                  </Anchor>
                </Table.Td>
                <Table.Td className={classes.count}>{row.value}</Table.Td>
                <Table.Td className={classes.count}>{row.worst}</Table.Td>
                <Table.Td className={classes.count}>{row.threshold}</Table.Td>
                <Table.Td className={classes.count}>{row.raw}</Table.Td>
                <Table.Td>
                  {row.when_failed ? `below its limit ${row.when_failed}` : ''}
                  {!row.when_failed && row.is_scored ? 'judged' : ''}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </Section>
  );
}

/** The health log of NVMe, the counters of SAS, or the statistics of SATA. */
export function Fields({ device }: { device: DeviceDetail }) {
  if (device.fields.length === 0) return null;
  return (
    <Section title="Health log">
      <FactList facts={device.fields.map(({ name, value }) => [name, value])} />
    </Section>
  );
}

/** What the drive found when it tested itself. */
export function SelfTests({ device }: { device: DeviceDetail }) {
  return (
    <Section title="Self-tests">
      {device.self_test_running_percent !== null && (
        <Text size="sm">One runs now; {device.self_test_running_percent} % are left.</Text>
      )}
      {device.self_tests.length === 0 ? (
        <Text size="sm" c="dimmed">
          The drive has logged none.
        </Text>
      ) : (
        <div className={classes.scroll} role="region" aria-label="Log of self-tests" tabIndex={0}>
          <Table>
            <Table.Tbody>
              {device.self_tests.slice(0, 12).map((test, index) => (
                <Table.Tr key={index}>
                  <Table.Td>
                    <StatusBadge state={OUTCOMES[test.outcome] ?? 'unknown'}>
                      {test.outcome}
                    </StatusBadge>
                  </Table.Td>
                  <Table.Td>{test.kind}</Table.Td>
                  <Table.Td>
                    {test.detail}
                    {test.lba === null ? '' : `, at sector ${test.lba}`}
                  </Table.Td>
                  <Table.Td className={classes.count}>
                    {test.at_hours === null ? '' : `at ${test.at_hours} h`}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </Section>
  );
}

/** The errors that the drive logged; a command that it refused stands there, too. */
export function ErrorLog({ device }: { device: DeviceDetail }) {
  if (device.errors.length === 0) return null;
  return (
    <Section title="Errors it logged">
      <Text size="sm" c="dimmed">
        The newest of {device.error_log_count ?? device.errors.length}. UNC is data that could not
        be read, ICRC was hurt on its way, ABRT is often only a command that the drive does not
        know.
      </Text>
      <div className={classes.scroll} role="region" aria-label="Log of errors" tabIndex={0}>
        <Table>
          <Table.Tbody>
            {device.errors.map((error, index) => (
              <Table.Tr key={index}>
                <Table.Td className={classes.count}>{error.number}</Table.Td>
                <Table.Td>{error.what}</Table.Td>
                <Table.Td>{error.command}</Table.Td>
                <Table.Td className={classes.count}>
                  {error.lba === null ? '' : `sector ${error.lba}`}
                </Table.Td>
                <Table.Td className={classes.count}>
                  {error.at_hours === null ? '' : `at ${error.at_hours} h`}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </Section>
  );
}

/** What other tools' published rules say of the same values. */
export function Opinions({ device }: { device: DeviceDetail }) {
  if (device.opinions.length === 0) return null;
  return (
    <Section title="Second opinions">
      <Stack gap={6}>
        {device.opinions.map(({ who, opinion, why }) => (
          <span key={who}>
            <StatusBadge state={OPINIONS[opinion] ?? 'unknown'}>
              {[who, opinion === 'none' ? 'has no rule' : opinion].join(': ')}
            </StatusBadge>{' '}
            <Text span size="sm" c="dimmed">
              {why}
            </Text>
          </span>
        ))}
      </Stack>
    </Section>
  );
}

/** What happened to the drive. */
export function Events({ deviceId }: { deviceId: string }) {
  const query = useQuery(deviceEventsQuery(deviceId));
  return (
    <Section title="History">
      <Faces
        query={query}
        what="The history could not be read"
        skeleton={<RowsSkeleton rows={3} />}
      >
        {({ items }) => (
          <Table>
            <Table.Tbody>
              {items.map((event) => (
                <Table.Tr key={event.id}>
                  <Table.Td>
                    <RelativeTime at={event.at} />
                  </Table.Td>
                  <Table.Td>
                    {event.actor ? `${event.message} (${event.actor})` : event.message}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Faces>
    </Section>
  );
}
