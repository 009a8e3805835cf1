import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { FeedOwner } from './lane.ts';

interface OwnerRow {
  feed: FeedOwner['feed'];
  topic: string | null;
  partitions: number | null;
}

/** As they stand in the row of `feed_owner`: feed, topic, partitions. */
export const ownerValues = (owner: FeedOwner): [string, string | null, number | null] =>
  owner.feed === 'kafka' ? [owner.feed, owner.topic, owner.partitions] : [owner.feed, null, null];

/** For messages. */
export const describeOwner = (owner: FeedOwner): string =>
  owner.feed === 'kafka'
    ? `the Kafka feed of topic ${owner.topic} with ${owner.partitions} partitions`
    : 'the direct feed';

export const isOwner = (a: FeedOwner, b: FeedOwner): boolean => describeOwner(a) === describeOwner(b);

/** Whether the schema has the table: that of an older version has not. */
export async function hasFeedOwner(db: Queryable, schema?: string): Promise<boolean> {
  const table = schema === undefined ? 'feed_owner' : `${schema}.feed_owner`;
  const { rows } = await db.query('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  return rows[0].there;
}

/**
 * Which feed may write; without a row it is the direct one.
 * @param schema where the connection's search path names another one, which may be of an older version without the table
 */
export async function readOwner(db: Queryable, schema?: string): Promise<FeedOwner> {
  const table = schema === undefined ? 'feed_owner' : `${schema}.feed_owner`;
  if (!(await hasFeedOwner(db, schema))) return { feed: 'event_store' };
  const { rows } = await db.query<OwnerRow>(`SELECT feed, topic, partitions FROM ${table}`);
  const [row] = rows;
  if (row?.feed !== 'kafka') return { feed: 'event_store' };
  // The table's checks: with this feed both are there.
  return { feed: 'kafka', topic: row.topic as string, partitions: row.partitions as number };
}
