import { inTransaction, type Pool, type PoolClient } from '../../shared/adapters/postgres/pool.ts';
import { comparePositions } from '../../shared/events/position.ts';
import { DIRECT_LANE, kafkaLane } from '../../shared/read-model/lanes.ts';
import { partitionsChanged } from '../errors.ts';
import type { AppliedEvent } from '../feeds/feed.ts';
import { AT_START, type Checkpoint, lockCheckpoints } from '../write/checkpoint.ts';
import { describeOwner, isOwner, ownerValues, readOwner } from './feed-owner.ts';
import type { FeedOwner, KafkaOwner } from './lane.ts';

/** The feed that owned the read models before, and where each new lane begins. */
export interface OwnerChange {
  readonly from: FeedOwner;
  readonly to: FeedOwner;
}

/**
 * Makes a feed the owner of the read models, if it isn't. Only for whoever holds the projectors' lock: then no process
 * of the other feed is at work, and one that doesn't know it yet fails with its next statement, because all checkpoints
 * have the next generation. The new ones lead on from the old:
 *
 * - direct → Kafka: every lane is as far as the direct feed was, with no record applied yet;
 * - Kafka → direct: as far as the lane that is furthest behind, with the last event that any lane had applied up to
 *   there. What others had applied beyond it comes again, and is told by the users' revisions.
 * @returns undefined if it owned them already
 * @throws FeedStop another topic is the owner, or the same with another number of partitions
 */
export async function takeOver(pool: Pool, owner: FeedOwner): Promise<OwnerChange | undefined> {
  if (isOwner(await readOwner(pool), owner)) return undefined;
  return inTransaction(pool, async (client) => {
    // Several processes of the new feed may come at once, and a rebuild may be switched in; writers only read the row.
    await client.query('LOCK TABLE feed_owner IN SHARE ROW EXCLUSIVE MODE');
    const from = await readOwner(client);
    if (isOwner(from, owner)) return undefined;
    if (from.feed === owner.feed) throw otherTopic(from, owner);
    const before = await lockCheckpoints(client);
    const generation =
      Math.max(-1, ...Array.from(before.values(), (checkpoint) => checkpoint.generation)) + 1;
    const start = owner.feed === 'kafka' ? (before.get(DIRECT_LANE) ?? AT_START) : leastOf(before, from);
    await client.query('DELETE FROM checkpoints');
    for (const name of laneNames(owner)) await insertCheckpoint(client, name, { ...start, generation });
    await client.query(
      `INSERT INTO feed_owner (feed, topic, partitions) VALUES ($1, $2, $3)
       ON CONFLICT (singleton) DO UPDATE SET feed = excluded.feed, topic = excluded.topic, partitions = excluded.partitions`,
      ownerValues(owner),
    );
    return { from, to: owner };
  });
}

const laneNames = (owner: FeedOwner): string[] =>
  owner.feed === 'kafka' ? Array.from({ length: owner.partitions }, (_, i) => kafkaLane(i)) : [DIRECT_LANE];

/**
 * Where every lane has been; a partition without a checkpoint has not begun. The hindmost lane's own last event may be
 * long ago, where its users have done nothing since: the log would be read again from there.
 */
function leastOf(checkpoints: ReadonlyMap<string, Checkpoint>, from: FeedOwner): Checkpoint {
  const lanes = laneNames(from).map((name) => checkpoints.get(name) ?? AT_START);
  const { position, generation } = lanes.reduce((a, b) =>
    comparePositions(a.position, b.position) <= 0 ? a : b,
  );
  const last = lanes
    .flatMap((lane) => lane.last ?? [])
    .filter((event) => comparePositions(event.position, position) <= 0)
    .reduce<AppliedEvent | undefined>(
      (a, b) => (a && comparePositions(a.position, b.position) >= 0 ? a : b),
      undefined,
    );
  return { position, last, generation };
}

async function insertCheckpoint(client: PoolClient, name: string, checkpoint: Checkpoint): Promise<void> {
  const { position, last, generation } = checkpoint;
  await client.query(
    `INSERT INTO checkpoints (name, position_commit, position_prepare, last_event_id, last_event_commit,
       last_event_prepare, last_event_at, generation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      name,
      position.commit,
      position.prepare,
      last?.id ?? null,
      last?.position.commit ?? null,
      last?.position.prepare ?? null,
      last?.at ?? null,
      generation,
    ],
  );
}

const otherTopic = (from: FeedOwner, owner: FeedOwner) =>
  partitionsChanged(
    `the read models belong to ${describeOwner(from)}, and not to ${describeOwner(owner as KafkaOwner)}`,
  );
