import { Group, NativeSelect, Stack, Table, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { StatusBadge } from '@/components/status-badge';
import { explainQuery, serversQuery, type Explanation, type Question } from '../api';

const QUESTION: Question = {
  severity: 'warning',
  domain: 'infrastructure',
  alert_type: '',
  resource_id: undefined,
};
const SEVERITIES: Question['severity'][] = ['critical', 'warning', 'info'];

function Answer({ answer }: { answer: Explanation }) {
  return (
    <Stack gap="sm">
      <Text fw={600} role="status">
        {answer.summary}
      </Text>
      {answer.told.map((told) => (
        <Text key={told.channel_id} size="sm">
          {told.channel_name}, by the route {told.route_name}, <RelativeTime at={told.at} />
          {told.waits_for !== '' && ` (waits for its ${told.waits_for})`}
          {told.escalates_at !== null && told.escalates_to.length > 0 && (
            <>
              ; then {told.escalates_to.join(', ')} <RelativeTime at={told.escalates_at} />
            </>
          )}
        </Text>
      ))}
      {answer.steps.length > 0 && (
        <Table aria-label="What each route says">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Route</Table.Th>
              <Table.Th>Fits</Table.Th>
              <Table.Th>Why</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {answer.steps.map((step) => (
              <Table.Tr key={step.route_id}>
                <Table.Td>{step.name}</Table.Td>
                <Table.Td>
                  <StatusBadge state={step.fits ? 'ok' : 'unknown'}>
                    {step.fits ? 'yes' : 'no'}
                  </StatusBadge>
                </Table.Td>
                <Table.Td>{step.why}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}

/** Describes an alert, and is told whom it would reach, when, and why. */
export function WhoGetsIt() {
  const [question, setQuestion] = useState(QUESTION);
  const servers = useQuery(serversQuery).data ?? [];
  const answer = useQuery(explainQuery(question));
  const ask = (part: Partial<Question>) => setQuestion((old) => ({ ...old, ...part }));
  return (
    <Section title="Who would get this?">
      <Stack gap="md">
        <Group gap="sm" align="flex-end">
          <NativeSelect
            label="Severity"
            data={SEVERITIES}
            value={question.severity}
            onChange={(event) => {
              const wanted = SEVERITIES.find((one) => one === event.currentTarget.value);
              if (wanted) ask({ severity: wanted });
            }}
          />
          <TextInput
            label="Domain"
            value={question.domain}
            onChange={(event) => ask({ domain: event.currentTarget.value })}
          />
          <TextInput
            label="Type"
            placeholder="server_offline"
            value={question.alert_type}
            onChange={(event) => ask({ alert_type: event.currentTarget.value })}
          />
          <NativeSelect
            label="Server"
            data={[
              { value: '', label: 'none' },
              ...servers.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            value={question.resource_id ?? ''}
            onChange={(event) => ask({ resource_id: event.currentTarget.value || undefined })}
          />
        </Group>
        <Faces query={answer} what="Nobody could say" skeleton={<CardSkeleton height={120} />}>
          {(data) => <Answer answer={data} />}
        </Faces>
      </Stack>
    </Section>
  );
}
