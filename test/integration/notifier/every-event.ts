import type { Enqueuer } from '../../../projector/notifier/enqueuer.ts';
import type { PoolClient } from '../../../shared/adapters/postgres/pool.ts';
import { isUserEvent } from '../../../shared/events/codec.ts';
import type { AnyEvent, Recorded } from '../../../shared/events/types.ts';
import { enqueue } from '../../../shared/notifications/deliveries.ts';

/** Every event of a user goes to every endpoint, and says where it stands. */
export const everyEvent: Enqueuer = {
  async handle(event: Recorded<AnyEvent>, tx: PoolClient) {
    if (!isUserEvent(event)) return;
    const { rows } = await tx.query<{ webhook_id: string }>(
      "SELECT webhook_id FROM notifications.webhooks WHERE status <> 'removed'",
    );
    const { userId } = event.event.data;
    const body = JSON.stringify({
      type: 'customer.tried',
      timestamp: event.created.toISOString(),
      data: { user_id: userId, revision: event.revision },
    });
    await enqueue(
      tx,
      rows.map(({ webhook_id: webhookId }) => ({
        webhookId,
        eventId: event.id,
        queueId: userId,
        userId,
        position: event.position,
        type: 'customer.tried',
        body,
      })),
    );
  },
  forget() {},
};
