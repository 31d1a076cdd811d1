import { Code } from '@mantine/core';

/** A sentence of the server, where what one could type stands in backquotes. */
export function Marked({ text }: { text: string }) {
  return text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? <Code key={index}>{part}</Code> : part));
}
