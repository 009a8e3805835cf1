import { inTransaction, type Pool } from '../../shared/adapters/postgres/pool.ts';
import { StreamDeleted } from '../../shared/event-log/errors.ts';
import { decodeOwn, type EventReader, isUserEvent } from '../../shared/events/codec.ts';
import { cancelledByAfter, type Side, sideOf } from '../../shared/subscription-status.ts';
import type { Feed } from '../feeds/feed.ts';
import { type Checkpoint, moveCheckpoint } from './checkpoint.ts';

/*
 * Rows that the release before has cancelled don't say who did: they are filled in from the log, beside the feed. Once
 * no projector of that release runs any more, this can go.
 */

/** Users of one transaction: one stream is read in a millisecond or two, and the feed waits meanwhile. */
const USERS_AT_ONCE = 20;

const UNKNOWN = `
SELECT s.user_id, min(u.revision)::float8 AS revision
FROM subscriptions s JOIN users u USING (user_id)
WHERE s.cancelled AND s.cancelled_by IS NULL AND ($1::uuid IS NULL OR s.user_id > $1)
GROUP BY s.user_id ORDER BY s.user_id LIMIT ${USERS_AT_ONCE}`;

const FILL = `
UPDATE subscriptions s SET cancelled_by = known.cancelled_by
FROM unnest($1::uuid[], $2::text[]) AS known (subscription_id, cancelled_by)
WHERE s.subscription_id = known.subscription_id AND s.cancelled AND s.cancelled_by IS NULL`;

interface Unknown {
  readonly user_id: string;
  /** What comes after it is not in the rows. */
  readonly revision: number;
}

export interface CancelledByOptions {
  readonly pool: Pool;
  readonly reader: EventReader;
  readonly feed: Pick<Feed, 'userEvents'>;
  readonly checkpoint: Checkpoint;
  /** Events that an operator skipped. */
  readonly skipped: ReadonlySet<string>;
}

/**
 * Fills in who cancelled, for the next users that have such rows.
 * @param after the user up to whom this was done; undefined at first
 * @returns the last of these users; undefined once there are no more
 * @throws CheckpointMoved, EventStoreUnavailable
 */
export async function fillCancelledBy(
  options: CancelledByOptions,
  after: string | undefined,
): Promise<string | undefined> {
  const { pool, checkpoint } = options;
  const { rows } = await pool.query<Unknown>(UNKNOWN, [after ?? null]);
  const known = new Map<string, Side>();
  for (const row of rows) {
    for (const [subscriptionId, by] of await cancellations(options, row)) known.set(subscriptionId, by);
  }
  if (known.size > 0) {
    await inTransaction(pool, async (client) => {
      await moveCheckpoint(client, checkpoint, checkpoint);
      await client.query(FILL, [[...known.keys()], [...known.values()]]);
    });
  }
  return rows.at(-1)?.user_id;
}

/** Of the user's cancelled subscriptions, whose the cancellation is; none of a stream that was deleted: nobody can tell. */
async function cancellations(options: CancelledByOptions, user: Unknown): Promise<ReadonlyMap<string, Side>> {
  try {
    return await cancellationsInLog(options, user);
  } catch (error) {
    if (error instanceof StreamDeleted) return new Map();
    throw error;
  }
}

async function cancellationsInLog(
  { feed, reader, skipped }: CancelledByOptions,
  { user_id: userId, revision }: Unknown,
): Promise<ReadonlyMap<string, Side>> {
  const by = new Map<string, Side>();
  for await (const event of feed.userEvents(userId, 0)) {
    if (event.revision > revision) break;
    const recorded = skipped.has(event.id) ? undefined : decodeOwn(reader, event);
    if (!recorded || !isUserEvent(recorded)) continue;
    const { type, data } = recorded.event;
    if (type === 'SubscriptionCancelled') {
      const side = sideOf(recorded.metadata.actor.role);
      by.set(data.subscriptionId, cancelledByAfter(by.get(data.subscriptionId) ?? null, side));
    } else if (type === 'SubscriptionRenewed' || type === 'SubscriptionCancellationWithdrawn') {
      by.delete(data.subscriptionId);
    }
  }
  return by;
}
