import type { Redis } from '../../shared/adapters/redis/client.ts';
import {
  formatPosition,
  type Position,
  parsePosition,
  sortablePosition,
} from '../../shared/events/position.ts';
import { CACHE_CHECKPOINT_KEY, cacheCheckpointKey } from '../../shared/read-model/views.ts';

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

/** What Redis holds of a lane, in the form that is compared there; empty if it holds none. */
export interface HeldCheckpoint {
  readonly sortable: string;
  readonly position: Position | undefined;
}

/**
 * What Redis holds of a lane. A lane of Kafka that it has nothing of yet goes on from the direct feed: up to there that
 * one has written the views of all users.
 */
export async function readHeld(redis: Redis, lane: string): Promise<HeldCheckpoint> {
  const [sortable, text] = await redis.hmget(cacheCheckpointKey(lane), 'v', 'j');
  const position = text ?? (await redis.hget(CACHE_CHECKPOINT_KEY, 'j')) ?? '';
  return { sortable: sortable ?? '', position: parsePosition(position) };
}

/** Adds the raise to a pipeline. Its answer is for {@link stillOurs}. */
export function addRaise(
  pipeline: ReturnType<Redis['pipeline']>,
  lane: string,
  known: string,
  to: Position,
): void {
  pipeline.eval(RAISE, 1, cacheCheckpointKey(lane), known, sortablePosition(to), formatPosition(to));
}

/** What Redis holds now; undefined if somebody else changed it: it was flushed, restored, or written by another. */
export function stillOurs(answer: unknown, known: string, to: Position): string | undefined {
  return answer === known || answer === sortablePosition(to) ? answer : undefined;
}
