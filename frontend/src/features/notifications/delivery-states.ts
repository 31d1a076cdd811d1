import type { State } from '@/lib/states';
import type { DeliveryState } from './api';

/** A delivery's state in a word and a colour. */
export const DELIVERY_STATES: Record<DeliveryState, { word: string; state: State }> = {
  waiting: { word: 'waiting', state: 'unknown' },
  sending: { word: 'sending', state: 'unknown' },
  retrying: { word: 'retrying', state: 'warning' },
  delivered: { word: 'delivered', state: 'ok' },
  dead: { word: 'dead letter', state: 'critical' },
  suppressed: { word: 'suppressed', state: 'unknown' },
};
