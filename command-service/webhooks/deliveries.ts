import { randomUUID } from 'node:crypto';
import { inTransaction, type Pool } from '../../shared/adapters/postgres/pool.ts';
import type { Clock } from '../../shared/clock.ts';
import { enqueue, retryDelivery } from '../../shared/notifications/deliveries.ts';
import { testBody } from '../../shared/webhooks/message.ts';
import { TEST_TYPE } from '../../shared/webhooks/types.ts';

/** What staff do to deliveries. They are in no event: what is to be sent stands in PostgreSQL alone. */
export interface Deliveries {
  /** Sends one again, whatever has become of it; false if there is none (any more). */
  retry(webhookId: string, eventId: string): Promise<boolean>;
  /** @returns the delivery's id, which the endpoint sees as `webhook-id` */
  test(webhookId: string): Promise<string>;
}

/** Throws errors of PostgreSQL. */
export const createDeliveries = (pool: Pool, clock: Clock): Deliveries => ({
  retry: (webhookId, eventId) => inTransaction(pool, (tx) => retryDelivery(tx, webhookId, eventId)),
  async test(webhookId) {
    const id = randomUUID();
    const delivery = { webhookId, eventId: id, queueId: id, type: TEST_TYPE };
    const body = testBody(webhookId, clock());
    await inTransaction(pool, (tx) => enqueue(tx, [{ ...delivery, body }]));
    return id;
  },
});
