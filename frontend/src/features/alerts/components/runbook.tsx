import { Anchor, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Fragment, type ReactNode } from 'react';
import { CopyBlock } from '@/components/copy-block';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import type { Alert } from '../api';
import { blocksOf, fillIn, runbookQuery, type Block } from '../runbooks';

const CODE = /`([^`]+)`/;

/** A line of text; what stands between backticks is what one could type. */
function inline(text: string): ReactNode {
  return text
    .split(CODE)
    .map((piece, index) =>
      index % 2 === 1 ? <code key={index}>{piece}</code> : <Fragment key={index}>{piece}</Fragment>,
    );
}

function BlockOf({ block }: { block: Block }) {
  switch (block.kind) {
    case 'heading':
      return (
        <Title order={3} mt="sm">
          {block.text}
        </Title>
      );
    case 'code':
      return <CopyBlock text={block.text} label="the commands" />;
    case 'list':
      return (
        <ul>
          {block.items.map((item) => (
            <li key={item}>{inline(item)}</li>
          ))}
        </ul>
      );
    case 'text':
      return <Text size="sm">{inline(block.text)}</Text>;
  }
}

/** What it means, how to look, what to do; with the commands for this very machine. */
export function Runbook({ alert }: { alert: Alert }) {
  const isAddress = /^https?:\/\//.test(alert.runbook);
  const runbook = useQuery({ ...runbookQuery(alert.runbook), enabled: !isAddress });
  if (alert.runbook === '') return null;
  return (
    <Section title="Runbook">
      {isAddress ? (
        <Anchor href={alert.runbook} rel="noreferrer" target="_blank">
          {alert.runbook}
        </Anchor>
      ) : (
        <Faces
          query={runbook}
          what="The runbook could not be read"
          skeleton={<RowsSkeleton rows={4} />}
          isEmpty={(text) => text === ''}
          empty={<Text size="sm">There is no runbook called {alert.runbook}.</Text>}
        >
          {(text) =>
            blocksOf(fillIn(text, alert)).map((block, index) => (
              <BlockOf key={index} block={block} />
            ))
          }
        </Faces>
      )}
    </Section>
  );
}
