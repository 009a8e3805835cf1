import { comparePositions, type Position } from '../../../shared/event-log/position.ts';
import type { Trust } from '../trust/trust.ts';
import type { Loaded } from './loading.ts';

/**
 * The checkpoint that a replica has to reach before it can say what was in the notices that this node has missed;
 * undefined if it has.
 */
export function missed(
  { missedUntil }: Pick<Trust, 'missedUntil'>,
  { checkpoint }: Pick<Loaded, 'checkpoint'>,
): Position | undefined {
  return missedUntil && checkpoint && comparePositions(checkpoint, missedUntil) < 0 ? missedUntil : undefined;
}
