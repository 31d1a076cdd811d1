import { Anchor, Code, Group, SegmentedControl, Stack } from '@mantine/core';
import { useState } from 'react';
import classes from './reports.module.css';

const FORMS = [
  { value: 'page', label: 'Mail' },
  { value: 'text', label: 'Plain text' },
];

/** A report as a mail program shows it, and as all other channels get it. */
export function Mail({ title, address, text }: { title: string; address: string; text: string }) {
  const [form, setForm] = useState('page');
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="xs">
        <SegmentedControl
          size="xs"
          aria-label="Form of the report"
          data={FORMS}
          value={form}
          onChange={setForm}
        />
        <Anchor size="sm" href={address} target="_blank" rel="noreferrer">
          Open in a tab of its own
        </Anchor>
      </Group>
      {form === 'page' ? (
        <iframe
          title={title}
          src={address}
          className={classes.frame}
          // No script, no form, nothing of this page; links open a tab of their own.
          sandbox="allow-popups allow-popups-to-escape-sandbox"
        />
      ) : (
        <Code block className={classes.text}>
          {text}
        </Code>
      )}
    </Stack>
  );
}
