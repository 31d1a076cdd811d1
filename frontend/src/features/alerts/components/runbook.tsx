import { Anchor, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Fragment, type ReactNode } from 'react';
import { CopyBlock } from '@/components/copy-block';
import { Faces } from '@/components/faces';
import { RowsSkeleton } from '@/components/loading';
import { Section } from '@/components/page';
import type { Alert } from '../api';
import { commandsQuery, guideFor, runbookQuery, type Block } from '../runbooks';

// Code, strong words, and links: those lead to pages beside, which the alert itself leads to.
const MARKED = /(`[^`]+`|\*\*[^*]+\*\*|\*[^*]+\*|\[[^\]]+\]\([^)]+\))/;

function marked(piece: string): ReactNode {
  if (piece.startsWith('`')) return <code>{piece.slice(1, -1)}</code>;
  if (piece.startsWith('**')) return <b>{piece.slice(2, -2)}</b>;
  if (piece.startsWith('*')) return <i>{piece.slice(1, -1)}</i>;
  return piece.slice(1, piece.indexOf(']'));
}

/** A line of text; what stands between backticks is what one could type. */
function inline(text: string): ReactNode {
  return text
    .split(MARKED)
    .map((piece, index) => (
      <Fragment key={index}>{index % 2 === 1 ? marked(piece) : piece}</Fragment>
    ));
}

function BlockOf({ block }: { block: Block }) {
  switch (block.kind) {
    case 'heading':
      return (
        <Title
          order={block.level === 2 ? 3 : 4}
          size={block.level === 2 ? 'lg' : 'md'}
          fw={block.level === 2 ? 700 : 600}
          mt="sm"
        >
          {block.text}
        </Title>
      );
    case 'code':
      return <CopyBlock text={block.text} label="the commands" />;
    case 'list':
    case 'steps': {
      const List = block.kind === 'list' ? 'ul' : 'ol';
      return (
        <List>
          {block.items.map((item) => (
            <li key={item}>{inline(item)}</li>
          ))}
        </List>
      );
    }
    case 'text':
      return <Text size="sm">{inline(block.text)}</Text>;
  }
}

/** What it means, how to look, what to do; with the commands for this very machine. */
export function Runbook({ alert }: { alert: Alert }) {
  const isAddress = /^https?:\/\//.test(alert.runbook);
  const isPage = alert.runbook !== '' && !isAddress;
  const runbook = useQuery({ ...runbookQuery(alert.runbook), enabled: isPage });
  const commands = useQuery({ ...commandsQuery(alert.id), enabled: isPage, retry: false });
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
            // Without the machine's names the page still says what to do, in general.
            commands.isPending ? (
              <RowsSkeleton rows={4} />
            ) : (
              guideFor(text, alert, commands.data).map((block, index) => (
                <BlockOf key={index} block={block} />
              ))
            )
          }
        </Faces>
      )}
    </Section>
  );
}
