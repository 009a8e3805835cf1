import type { Counter } from 'prom-client';
import type { Recorded, UserEvent } from '../../../shared/events/types.ts';
import type { NewDelivery } from '../../../shared/notifications/deliveries.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import { type WebhookType, webhookTypeOf } from '../../../shared/webhooks/types.ts';
import { type Webhook, wants } from '../../../shared/webhooks/webhook.ts';
import { blankBody, messageOf } from './message.ts';
import type { UserStates } from './user-states.ts';

/** An event that somebody wants to hear of. */
export interface Wanted {
  readonly recorded: Recorded<UserEvent>;
  readonly type: WebhookType;
  /** As far as its type says; its product is known once the user's state is. */
  readonly candidates: readonly Webhook[];
}

/** undefined where nobody wants to hear of it. */
export function wantedBy(webhooks: Iterable<Webhook>, recorded: Recorded<UserEvent>): Wanted | undefined {
  const type = webhookTypeOf(recorded.event);
  if (!type) return undefined;
  const candidates = [...webhooks].filter((webhook) => wants(webhook, type, undefined));
  return candidates.length > 0 ? { recorded, type, candidates } : undefined;
}

export interface DeliveriesOptions {
  readonly states: UserStates;
  readonly leftOut: Pick<Counter, 'inc'>;
  readonly logger: Logger;
}

/**
 * What an event makes due. The events of a user one at a time, in order.
 * @throws FeedStop, VaultUnavailable, EventStoreUnavailable; UnknownEvent; or an error of PostgreSQL
 */
export async function deliveriesFor(
  { states, leftOut, logger }: DeliveriesOptions,
  { recorded, type, candidates }: Wanted,
): Promise<readonly NewDelivery[]> {
  const { id: eventId, position, event } = recorded;
  const { userId } = event.data;
  const after = await states.after(recorded);
  if (after.fault !== undefined) {
    const { fault } = after;
    // The read models don't show it either. Once it is settled, a replay from its position tells of it.
    logger.warn({ event_id: eventId, user_id: userId, fault }, 'webhook_event_left_out');
    leftOut.inc();
    return [];
  }
  const { body, product } = messageOf(type, recorded, after.rows, after.at);
  const told = after.erased ? blankBody(body) : body;
  return candidates
    .filter((webhook) => wants(webhook, type, product))
    .map(({ webhookId }) => ({ webhookId, eventId, queueId: userId, userId, position, type, body: told }));
}
