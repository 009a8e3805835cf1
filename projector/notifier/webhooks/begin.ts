import { inTransaction, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import type { EventLog } from '../../../shared/event-log/event-log.ts';
import { decodeOwn, type EventReader, isWebhookEvent } from '../../../shared/events/codec.ts';
import { webhookOfStream } from '../../../shared/events/streams.ts';
import type { Webhook } from '../../../shared/webhooks/webhook.ts';
import type { AppliedEvent } from '../../feeds/feed.ts';
import { folded, saveEndpoint } from './endpoints.ts';

export interface BeginOptions {
  readonly log: Pick<EventLog, 'readEventAt' | 'subscribe'>;
  readonly reader: Pick<EventReader, 'decode'>;
  readonly pool: Pool;
}

const REMOVE_OTHERS = `
UPDATE notifications.webhooks SET status = 'removed', disabled_reason = NULL, found = NULL, found_at = NULL
WHERE webhook_id <> ALL ($1::uuid[])`;

/** The endpoints as the log has them up to an event. The server's filter leaves out all streams but theirs and that event's. */
async function endpointsUpTo(
  { log, reader }: Pick<BeginOptions, 'log' | 'reader'>,
  last: AppliedEvent,
): Promise<Map<string, Webhook>> {
  const endpoints = new Map<string, Webhook>();
  const end = await log.readEventAt(last.position);
  if (!end) return endpoints;
  const done = new AbortController();
  const streamPrefixes = ['webhook-', end.stream];
  for await (const batch of log.subscribe({ after: 'start', streamPrefixes, signal: done.signal })) {
    for (const message of batch) {
      if (message.kind !== 'event') continue;
      const recorded = webhookOfStream(message.event.stream) && decodeOwn(reader, message.event);
      const after = recorded && isWebhookEvent(recorded) && folded(endpoints, recorded);
      if (after) endpoints.set(after.webhookId, after);
      if (message.event.id === last.id) {
        done.abort();
        return endpoints;
      }
    }
  }
  return endpoints;
}

/**
 * A notifier that is new begins at the log's end, and with the endpoints that there are by then: what the log says of them
 * takes the place of what the table has.
 * @throws EventStoreUnavailable, UnknownEvent, or an error of PostgreSQL
 */
export async function beginWith(options: BeginOptions, last: AppliedEvent | undefined): Promise<void> {
  const endpoints = last ? await endpointsUpTo(options, last) : new Map<string, Webhook>();
  await inTransaction(options.pool, async (tx) => {
    for (const webhook of endpoints.values()) await saveEndpoint(tx, webhook, undefined);
    await tx.query(REMOVE_OTHERS, [[...endpoints.keys()]]);
  });
}
