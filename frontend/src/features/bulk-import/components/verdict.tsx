import { StatusBadge } from '@/components/status-badge';
import type { State } from '@/lib/states';
import type { ImportLine } from '../api';

const VERDICTS: Record<ImportLine['verdict'], { state: State; word: string }> = {
  new: { state: 'ok', word: 'new' },
  exists: { state: 'unknown', word: 'there already' },
  invalid: { state: 'critical', word: 'not valid' },
  skipped: { state: 'unknown', word: 'skipped' },
};

export function Verdict({ verdict }: { verdict: ImportLine['verdict'] }) {
  const { state, word } = VERDICTS[verdict];
  return <StatusBadge state={state}>{word}</StatusBadge>;
}
