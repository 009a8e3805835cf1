import type { Redis } from '../../shared/adapters/redis/client.ts';
import {
  formatPosition,
  type Position,
  parsePosition,
  sortablePosition,
} from '../../shared/events/position.ts';
import { CACHE_CHECKPOINT_KEY } from '../../shared/read-model/views.ts';

/**
 * Raises the checkpoint in Redis if it is where this projector left it; it never goes down. Answers what is held then,
 * so that a Redis that was flushed or restored is noticed with the next write.
 */
const RAISE = `
local held = redis.call('HGET', KEYS[1], 'v') or ''
if held == ARGV[1] and held < ARGV[2] then
  redis.call('HSET', KEYS[1], 'v', ARGV[2], 'j', ARGV[3])
  held = ARGV[2]
end
return held`;

/** The checkpoint that Redis holds, in the form that is compared there; empty if it holds none. */
export interface HeldCheckpoint {
  readonly sortable: string;
  readonly position: Position | undefined;
}

export async function readHeld(redis: Redis): Promise<HeldCheckpoint> {
  const [sortable, text] = await redis.hmget(CACHE_CHECKPOINT_KEY, 'v', 'j');
  return { sortable: sortable ?? '', position: parsePosition(text ?? '') };
}

/** Adds the raise to a pipeline. Its answer is for {@link stillOurs}. */
export function addRaise(pipeline: ReturnType<Redis['pipeline']>, known: string, to: Position): void {
  pipeline.eval(RAISE, 1, CACHE_CHECKPOINT_KEY, known, sortablePosition(to), formatPosition(to));
}

/** What Redis holds now; undefined if somebody else changed it: it was flushed, restored, or written by another. */
export function stillOurs(answer: unknown, known: string, to: Position): string | undefined {
  return answer === known || answer === sortablePosition(to) ? answer : undefined;
}
