import type { Redis } from '../../shared/adapters/redis/client.ts';
import { formatPosition, type Position } from '../../shared/event-log/position.ts';
import { cacheEpoch } from '../../shared/read-model/version.ts';
import { CACHE_CHECKPOINT_KEY } from '../../shared/read-model/views.ts';

/**
 * Begins an epoch: no view of an earlier one is believed any more, and the checkpoint is where this projector says. Its
 * number is the time, so that one that was used before Redis was flushed or restored is not used again, and above the one
 * that Redis has.
 */
const BEGIN = `
local present = tonumber(redis.call('HGET', KEYS[1], 'e') or '0')
local epoch = string.format('%015.0f', math.max(present + 1, tonumber(ARGV[1])))
redis.call('HSET', KEYS[1], 'e', epoch, 'v', '0', 'j', ARGV[2])
return epoch`;

/**
 * Moves the checkpoint if the epoch, and the number of moves in it, are what this projector left: 1, or 0 if somebody else
 * changed them. Not by the checkpoint: a settled event changes views and moves none, and an older copy of Redis has the same.
 */
const MOVE = `
local left = redis.call('HMGET', KEYS[1], 'e', 'v')
if left[1] ~= ARGV[1] or left[2] ~= ARGV[2] then return 0 end
redis.call('HINCRBY', KEYS[1], 'v', 1)
redis.call('HSET', KEYS[1], 'j', ARGV[3])
return 1`;

/** An epoch that this projector has begun, where it left the checkpoint, and how often it has moved it. */
export interface OwnEpoch {
  readonly epoch: string;
  readonly at: Position;
  readonly moves: number;
}

/** @throws Error Redis can't be reached */
export async function beginEpoch(redis: Redis, at: Position): Promise<OwnEpoch> {
  const epoch = await redis.eval(BEGIN, 1, CACHE_CHECKPOINT_KEY, cacheEpoch(Date.now()), formatPosition(at));
  return { epoch: String(epoch), at, moves: 0 };
}

/** Adds the move to a pipeline. It answers 1, or 0 if Redis was flushed, restored, or written by another projector. */
export function addMove(
  pipeline: ReturnType<Redis['pipeline']>,
  { epoch, moves }: OwnEpoch,
  to: Position,
): void {
  pipeline.eval(MOVE, 1, CACHE_CHECKPOINT_KEY, epoch, String(moves), formatPosition(to));
}
