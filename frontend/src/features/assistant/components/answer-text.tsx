import { Code, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { PathLink } from '@/components/path-link';
import { blocksOf, type Block, type Span } from '../marked-text';
import type { Link } from '../stream';
import classes from './assistant.module.css';

interface AnswerTextProps {
  text: string;
  links?: readonly Link[];
}

/** What a model wrote. Only links that the server has checked can be followed. */
export function AnswerText({ text, links = [] }: AnswerTextProps) {
  const show = (spans: Span[]) => spans.map((span, place) => spanOf(span, place, links));
  return (
    <div className={classes.answer}>{blocksOf(text).map((one, at) => blockOf(one, at, show))}</div>
  );
}

function blockOf(block: Block, key: number, show: (spans: Span[]) => ReactNode): ReactNode {
  switch (block.kind) {
    case 'paragraph':
      return <p key={key}>{show(block.spans)}</p>;
    case 'heading':
      return (
        <Text key={key} component="p" fw={600}>
          {show(block.spans)}
        </Text>
      );
    case 'code':
      return (
        <Code key={key} block>
          {block.text}
        </Code>
      );
    case 'list': {
      const items = block.items.map((spans, place) => <li key={place}>{show(spans)}</li>);
      return block.isOrdered ? <ol key={key}>{items}</ol> : <ul key={key}>{items}</ul>;
    }
  }
}

function spanOf(span: Span, key: number, links: readonly Link[]): ReactNode {
  switch (span.kind) {
    case 'strong':
      return <strong key={key}>{span.text}</strong>;
    case 'code':
      return <Code key={key}>{span.text}</Code>;
    case 'ref': {
      const found = links.find(({ ref }) => ref === span.ref);
      if (!found) return span.text;
      return (
        <PathLink key={key} path={found.path}>
          {span.text || found.title}
        </PathLink>
      );
    }
    case 'text':
      return span.text;
  }
}
