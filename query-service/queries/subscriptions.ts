import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { timeOfUuidv7 } from '../../shared/ids.ts';
import { SUBSCRIPTION_COLUMNS, type SubscriptionRow } from '../../shared/read-model/rows.ts';

const FROM = `SELECT ${SUBSCRIPTION_COLUMNS.join(', ')} FROM read_model.subscriptions`;

const FIND = `${FROM} WHERE subscription_id = $1 AND start_date = $2`;

const OF_USER = `
${FROM}
WHERE user_id = $1 AND ($2::uuid IS NULL OR subscription_id > $2)
ORDER BY subscription_id LIMIT $3`;

/** The id's time part is the start date, which names the partition. */
export async function findSubscription(db: Queryable, id: string): Promise<SubscriptionRow | undefined> {
  const startDate = timeOfUuidv7(id);
  if (startDate === undefined) return undefined;
  const { rows } = await db.query<SubscriptionRow>({
    name: 'find_subscription',
    text: FIND,
    values: [id, new Date(startDate)],
  });
  return rows[0];
}

/** A user's subscriptions by start date (their ids sort by it), from the one after `after` on. */
export async function subscriptionsOf(
  db: Queryable,
  userId: string,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<SubscriptionRow[]> {
  const { rows } = await db.query<SubscriptionRow>({
    name: 'subscriptions_of',
    text: OF_USER,
    values: [userId, page.after ?? null, page.limit],
  });
  return rows;
}
