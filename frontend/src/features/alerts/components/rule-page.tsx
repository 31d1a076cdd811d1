import { Button, Menu, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMay } from '@/api/session';
import { FactList } from '@/components/fact-list';
import { Faces } from '@/components/faces';
import { CardSkeleton } from '@/components/loading';
import { Notice } from '@/components/notice';
import { Page, Section } from '@/components/page';
import { StatusBadge } from '@/components/status-badge';
import type { Rule } from '../api';
import { fromNow, isAhead } from '../local-time';
import {
  ruleQuery,
  useCopyRule,
  useDeleteRule,
  useMuteRule,
  useResetRule,
  useSwitchRule,
} from '../rules-api';
import { tellFailure } from '../tell-failure';
import { definitionInWords } from '../words';
import { RuleForm } from './rule-form';

const CRUMBS = [
  { label: 'Alerts', link: { to: '/alerts' as const } },
  { label: 'Rules', link: { to: '/alerts/rules' as const } },
];
const HOUR = 3_600_000;

function Verbs({ rule }: { rule: Rule }) {
  const navigate = useNavigate();
  const turn = useSwitchRule();
  const mute = useMuteRule();
  const copy = useCopyRule();
  const reset = useResetRule();
  const remove = useDeleteRule();
  const failed = (error: Error) => tellFailure(`“${rule.name}” stays as it was`, error);
  const isMuted = isAhead(rule.muted_until);
  const until = (hours: number) => fromNow(hours * HOUR);
  return (
    <>
      <Button
        variant="default"
        loading={turn.isPending}
        onClick={() =>
          turn.mutate({ id: rule.id, is_enabled: !rule.is_enabled }, { onError: failed })
        }
      >
        {rule.is_enabled ? 'Switch off' : 'Switch on'}
      </Button>
      <Menu>
        <Menu.Target>
          <Button variant="default">More</Button>
        </Menu.Target>
        <Menu.Dropdown>
          {isMuted ? (
            <Menu.Item
              onClick={() => mute.mutate({ id: rule.id, until: null }, { onError: failed })}
            >
              End the mute
            </Menu.Item>
          ) : (
            [1, 24, 168].map((hours) => (
              <Menu.Item
                key={hours}
                onClick={() =>
                  mute.mutate({ id: rule.id, until: until(hours) }, { onError: failed })
                }
              >
                Mute for {hours === 1 ? 'an hour' : hours === 24 ? 'a day' : 'a week'}
              </Menu.Item>
            ))
          )}
          <Menu.Item
            onClick={() =>
              copy.mutate(rule.id, {
                onSuccess: ({ id }) =>
                  void navigate({ to: '/alerts/rules/$ruleId', params: { ruleId: id } }),
                onError: failed,
              })
            }
          >
            Copy
          </Menu.Item>
          {rule.is_changed && (
            <Menu.Item onClick={() => reset.mutate(rule.id, { onError: failed })}>
              Put back to how it came
            </Menu.Item>
          )}
          {rule.key === null && (
            <Menu.Item
              color="red.9"
              onClick={() =>
                remove.mutate(rule.id, {
                  onSuccess: () => void navigate({ to: '/alerts/rules' }),
                  onError: failed,
                })
              }
            >
              Delete
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

function Facts({ rule }: { rule: Rule }) {
  return (
    <>
      {rule.findings.map(({ kind, text }) =>
        kind === 'waiting' ? (
          <Notice key={kind + text} state="unknown" title={text}>
            It begins by itself when a machine has what it looks at.
          </Notice>
        ) : (
          <Notice key={kind + text} state="warning" title="This rule needs a look">
            {text}
          </Notice>
        ),
      )}
      <Section title="What it says">
        <FactList
          facts={[
            ['Fires when', definitionInWords(rule.definition)],
            ['Comes from', rule.key === null ? 'people' : 'Unity'],
            ['Source', rule.source || '–'],
          ]}
        />
      </Section>
    </>
  );
}

/** One rule: what it looks for, tried out over what was measured while it is changed. */
export function RulePage({ id }: { id: string }) {
  const isNew = id === 'new';
  const mayManage = useMay('alerts:manage');
  const query = useQuery({ ...ruleQuery(id), enabled: !isNew });
  if (isNew)
    return (
      <Page title="Add a rule" crumbs={CRUMBS}>
        <RuleForm rule={null} mayManage={mayManage} />
      </Page>
    );
  const rule = query.data;
  return (
    <Page
      title={rule?.name ?? 'Alert rule'}
      crumbs={CRUMBS}
      status={
        rule && (
          <StatusBadge state={rule.is_enabled ? 'ok' : 'unknown'} variant="soft">
            {rule.is_enabled ? 'on' : 'off'}
          </StatusBadge>
        )
      }
      actions={rule && mayManage && <Verbs rule={rule} />}
    >
      <Faces query={query} what="The rule could not be read" skeleton={<CardSkeleton />}>
        {(found) => (
          <Stack gap="md">
            <Facts rule={found} />
            <RuleForm key={found.updated_at} rule={found} mayManage={mayManage} />
          </Stack>
        )}
      </Faces>
    </Page>
  );
}
