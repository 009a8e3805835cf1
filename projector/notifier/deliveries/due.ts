import { inTransaction, type Pool, type Queryable } from '../../../shared/adapters/postgres/pool.ts';

/** Where to, and signed by what. */
export interface Endpoint {
  readonly webhookId: string;
  readonly url: string;
  readonly secretId: string;
  /** The secret before, while it still signs beside the other one. */
  readonly previousSecretId: string | undefined;
}

/** A queue that has something due. */
export interface DueQueue extends Endpoint {
  readonly queueId: string;
}

export interface Delivery {
  readonly eventId: string;
  readonly body: string;
  /** Attempts so far. */
  readonly attempts: number;
}

interface DueRow {
  webhook_id: string;
  url: string;
  secret_id: string;
  previous_secret_id: string | null;
  queue_id: string;
}

const DUE = `
SELECT w.webhook_id, w.url, w.secret_id, q.queue_id,
  CASE WHEN w.previous_secret_until > now() THEN w.previous_secret_id END AS previous_secret_id
FROM notifications.webhooks w CROSS JOIN LATERAL (
  SELECT queue_id FROM notifications.delivery_queues
  WHERE webhook_id = w.webhook_id AND next_at <= now()
  ORDER BY next_at LIMIT $1) q
WHERE w.status = 'enabled' AND w.found IS NULL AND w.webhook_id <> ALL ($2::uuid[])`;

/**
 * Queues that are due, the longest waiting first, at most so many of each endpoint.
 * @param except endpoints that are not asked about
 */
export async function loadDue(
  db: Queryable,
  perEndpoint: number,
  except: readonly string[],
): Promise<DueQueue[]> {
  const { rows } = await db.query<DueRow>({
    name: 'deliveries_due',
    text: DUE,
    values: [perEndpoint, except],
  });
  return rows.map((row) => ({
    webhookId: row.webhook_id,
    url: row.url,
    secretId: row.secret_id,
    previousSecretId: row.previous_secret_id ?? undefined,
    queueId: row.queue_id,
  }));
}

const FIRST = `
SELECT d.event_id, d.body, d.attempts FROM notifications.deliveries d
JOIN notifications.delivery_queues q USING (webhook_id, queue_id)
JOIN notifications.webhooks w USING (webhook_id)
WHERE d.webhook_id = $1 AND d.queue_id = $2 AND d.status = 'pending'
  AND q.next_at <= now() AND w.status = 'enabled' AND w.found IS NULL
ORDER BY d.position_commit, d.position_prepare LIMIT 1`;

/**
 * The delivery that is to be sent next of a queue. None where the queue is not due any more: what `loadDue` said of it may be older
 * than the attempt that was settled last.
 */
export async function loadFirst(
  db: Queryable,
  { webhookId, queueId }: Pick<DueQueue, 'webhookId' | 'queueId'>,
): Promise<Delivery | undefined> {
  const { rows } = await db.query<{ event_id: string; body: string; attempts: number }>({
    name: 'deliveries_first',
    text: FIRST,
    values: [webhookId, queueId],
  });
  const [row] = rows;
  return row && { eventId: row.event_id, body: row.body, attempts: row.attempts };
}

/** What became of an attempt. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly status: number }
  /** `pause` in milliseconds. */
  | ({ readonly kind: 'retry'; readonly pause: number } & Failure)
  /** Nothing is sent to the endpoint any more: it has answered 410, or no attempt has succeeded. */
  | ({ readonly kind: 'failed'; readonly found: 'gone' | 'failing' } & Failure);

export interface Failure {
  readonly status: number | undefined;
  readonly error: string;
}

const DELAY_QUEUE = `
UPDATE notifications.delivery_queues SET next_at = now() + $3 * interval '1 millisecond'
WHERE webhook_id = $1 AND queue_id = $2`;

// Only where nobody has changed it since it was read: a retry by hand has all of its attempts ahead of it.
const SETTLE = `
UPDATE notifications.deliveries
SET status = $4, attempts = attempts + 1, last_status = $5, last_error = $6,
  next_at = CASE WHEN $4 = 'pending' THEN now() + $7 * interval '1 millisecond' END,
  delivered_at = CASE WHEN $4 = 'delivered' THEN now() END
WHERE webhook_id = $1 AND event_id = $2 AND status = 'pending' AND attempts = $3`;

const CLOSE_QUEUE = `
DELETE FROM notifications.delivery_queues q WHERE webhook_id = $1 AND queue_id = $2 AND NOT EXISTS (
  SELECT FROM notifications.deliveries
  WHERE webhook_id = q.webhook_id AND queue_id = q.queue_id AND status = 'pending')`;

// The attempt may have gone where the endpoint was before.
const FOUND = `
UPDATE notifications.webhooks SET found = $2, found_at = now()
WHERE webhook_id = $1 AND status = 'enabled' AND found IS NULL AND url = $3`;

// An endpoint's row is locked before its queues' by whoever changes both (saveEndpoint): nobody waits in a circle.
const LOCK_ENDPOINT = 'SELECT FROM notifications.webhooks WHERE webhook_id = $1 FOR NO KEY UPDATE';

/** Writes down what became of an attempt, and when the queue is due again. */
export async function settle(
  pool: Pool,
  { webhookId, queueId, url }: DueQueue,
  delivery: Delivery,
  outcome: Outcome,
): Promise<void> {
  const failure = outcome.kind === 'delivered' ? undefined : outcome;
  const pause = outcome.kind === 'retry' ? outcome.pause : 0;
  await inTransaction(pool, async (tx) => {
    if (outcome.kind === 'failed') await tx.query(LOCK_ENDPOINT, [webhookId]);
    // A statement of its own: once it has the row, the statements after it see what was put in meanwhile.
    await tx.query({ name: 'queue_delay', text: DELAY_QUEUE, values: [webhookId, queueId, pause] });
    await tx.query({
      name: 'delivery_settle',
      text: SETTLE,
      values: [
        webhookId,
        delivery.eventId,
        delivery.attempts,
        outcome.kind === 'retry' ? 'pending' : outcome.kind,
        outcome.status ?? null,
        failure?.error ?? null,
        pause,
      ],
    });
    await tx.query({ name: 'queue_close', text: CLOSE_QUEUE, values: [webhookId, queueId] });
    if (outcome.kind === 'failed') await tx.query(FOUND, [webhookId, outcome.found, url]);
  });
}

const LOCK_QUEUE =
  'SELECT FROM notifications.delivery_queues WHERE webhook_id = $1 AND queue_id = $2 FOR UPDATE';

/** Removes a queue in which nothing is pending. */
export async function closeQueue(pool: Pool, { webhookId, queueId }: DueQueue): Promise<void> {
  await inTransaction(pool, async (tx) => {
    await tx.query({ name: 'queue_lock', text: LOCK_QUEUE, values: [webhookId, queueId] });
    await tx.query({ name: 'queue_close', text: CLOSE_QUEUE, values: [webhookId, queueId] });
  });
}
