import { Button, Group, List, Modal, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { ProblemAlert } from './problem-alert';

export interface Plan {
  /** What happens, step by step. */
  steps: ReactNode[];
  kept?: ReactNode[];
  changed?: ReactNode[];
  risks?: ReactNode[];
  /** The way back, or that there is none. */
  wayBack?: ReactNode;
  /** How long it takes and what space it needs. */
  cost?: ReactNode;
}

interface PlanDialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** Undefined while it is being made; `planning` says it is under way. */
  plan: Plan | undefined;
  confirmLabel: string;
  onConfirm: () => void;
  isBusy?: boolean;
  /** Something has to be done before; the plan says what. */
  isBlocked?: boolean;
  error?: unknown;
  /** Only where something cannot be undone: the name that must be typed. */
  typeName?: string;
  /** The run, once it has begun; it takes the place of the plan. */
  run?: ReactNode;
}

function Part({ title, items }: { title: string; items: ReactNode[] | undefined }) {
  if (!items || items.length === 0) return null;
  return (
    <div>
      <Title order={3}>{title}</Title>
      <List size="sm">
        {items.map((item, index) => (
          <List.Item key={index}>{item}</List.Item>
        ))}
      </List>
    </div>
  );
}

function PlanParts({ plan }: { plan: Plan }) {
  return (
    <>
      <div>
        <Title order={3}>What happens</Title>
        <List type="ordered" size="sm">
          {plan.steps.map((step, index) => (
            <List.Item key={index}>{step}</List.Item>
          ))}
        </List>
      </div>
      <Part title="What changes" items={plan.changed} />
      <Part title="What is kept" items={plan.kept} />
      <Part title="What could go wrong" items={plan.risks} />
      <Part title="The way back" items={plan.wayBack === undefined ? undefined : [plan.wayBack]} />
      <Part title="Time and space" items={plan.cost === undefined ? undefined : [plan.cost]} />
    </>
  );
}

/** Shows a dangerous verb before it is done; the run opens in the same place. */
export function PlanDialog(props: PlanDialogProps) {
  const { isOpen, onClose, title, plan, confirmLabel, onConfirm } = props;
  const { isBusy, isBlocked = false, error, typeName, run } = props;
  const [typed, setTyped] = useState('');
  const close = () => {
    setTyped('');
    onClose();
  };
  return (
    <Modal opened={isOpen} onClose={close} title={title} size="lg">
      <Stack gap="md">
        {run ??
          (plan ? (
            <PlanParts plan={plan} />
          ) : (
            error == null && <Text c="dimmed">Looking at what this touches…</Text>
          ))}
        {error != null && <ProblemAlert error={error} />}
        {run === undefined && typeName !== undefined && plan && (
          <TextInput
            label={`This cannot be undone. Type ${typeName} to confirm.`}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
          />
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} data-autofocus>
            {run === undefined ? 'Cancel' : 'Close'}
          </Button>
          {run === undefined && (
            <Button
              color="red.9"
              onClick={onConfirm}
              loading={isBusy}
              disabled={!plan || isBlocked || (typeName !== undefined && typed !== typeName)}
            >
              {confirmLabel}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
