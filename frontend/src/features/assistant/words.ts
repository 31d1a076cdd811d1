import type { State } from '@/lib/states';
import type { Exchange } from './api';

export const FEATURE_WORDS: Record<Exchange['feature'], string> = {
  ask: 'Questions',
  explain: 'Explained alerts',
  test: 'Tests',
};

export const STATE_WORDS: Record<Exchange['state'], string> = {
  running: 'running',
  answered: 'answered',
  failed: 'failed',
  left: 'left',
};

export const STATE_OF: Record<Exchange['state'], State> = {
  running: 'unknown',
  answered: 'ok',
  failed: 'critical',
  left: 'unknown',
};

/** Small amounts keep the digits that matter. */
export function money(amount: number, currency: string): string {
  const digits = amount !== 0 && amount < 0.1 ? 4 : 2;
  return `${amount.toFixed(digits)} ${currency}`.trim();
}
