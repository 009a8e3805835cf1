import { inTransaction, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { StreamDeleted } from '../../../shared/event-log/errors.ts';
import type { EventLog, RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { comparePositions, type Position } from '../../../shared/event-log/position.ts';
import { decodeOwn, type EventReader, isUserEvent } from '../../../shared/events/codec.ts';
import { userStream } from '../../../shared/events/streams.ts';
import { enqueue, type NewDelivery, retryDelivery } from '../../../shared/notifications/deliveries.ts';
import type { Webhook } from '../../../shared/webhooks/webhook.ts';
import { loadCheckpoint } from '../checkpoint.ts';
import { type DeliveriesOptions, deliveriesFor, wantedBy } from './deliveries.ts';
import { loadEndpoints } from './endpoints.ts';
import { blankBody } from './message.ts';

/** What is asked for can't be done; the message says what to do instead. */
export class ReplayRefused extends Error {
  readonly code = 'replay_refused';
  constructor(message: string) {
    super(message);
    this.name = 'ReplayRefused';
  }
}

export interface ReplayOptions extends DeliveriesOptions {
  readonly log: Pick<EventLog, 'readEventAt' | 'subscribe' | 'readStream'>;
  readonly reader: Pick<EventReader, 'decode'>;
  readonly pool: Pool;
  /** The first event that is told. */
  readonly from: Position;
  /** The last one, at most; the last that the notifier has turned into deliveries unless given. */
  readonly to?: Position | undefined;
  /** All that are enabled unless given. */
  readonly webhookId?: string | undefined;
  /** Sends also what is among the deliveries already. */
  readonly again: boolean;
  readonly signal: AbortSignal;
  /** After each event: how far it is. */
  readonly onProgress?: (at: Position, enqueued: number) => void;
}

/** @throws ReplayRefused */
async function receivers(pool: Pool, webhookId: string | undefined): Promise<readonly Webhook[]> {
  const endpoints = await loadEndpoints(pool);
  if (webhookId === undefined) return [...endpoints.values()].filter(({ status }) => status === 'enabled');
  const webhook = endpoints.get(webhookId);
  if (!webhook || webhook.status === 'removed') throw new ReplayRefused(`there is no webhook ${webhookId}`);
  if (webhook.status === 'disabled')
    throw new ReplayRefused(
      `the webhook ${webhookId} is disabled: enable it first, then replay what it missed`,
    );
  return [webhook];
}

/** From the event at `from`, inclusive, to `to`. @throws ReplayRefused no event stands there */
async function* events({ log, from, signal }: ReplayOptions, to: Position): AsyncGenerator<RecordedEvent> {
  const first = await log.readEventAt(from);
  if (!first) throw new ReplayRefused('no event stands at the position of --from in this event store');
  // With the stream of the last event the server's filter ends by itself.
  const last = await log.readEventAt(to);
  if (!last)
    throw new ReplayRefused('no event stands at the position where the replay ends: give another --to');
  if (comparePositions(from, to) > 0) return;
  yield first;
  if (comparePositions(from, to) === 0) return;
  const streamPrefixes = ['user-', last.stream];
  for await (const batch of log.subscribe({ after: from, streamPrefixes, signal })) {
    for (const message of batch) {
      if (message.kind !== 'event') continue;
      if (comparePositions(message.event.position, to) > 0) return;
      yield message.event;
      if (message.event.id === last.id) return;
    }
  }
}

/** A user's stream ends with `UserErased`; one that was deleted by hand tells nothing of anybody either. */
async function isErased(log: ReplayOptions['log'], userId: string): Promise<boolean> {
  try {
    const end = log.readStream(userStream(userId), { direction: 'backwards', limit: 1 });
    for await (const last of end) return last.type === 'UserErased';
  } catch (error) {
    if (!(error instanceof StreamDeleted)) throw error;
  }
  return true;
}

/**
 * While the notifier's checkpoint is held here, the notifier blanks nobody's bodies: whoever is erased from here on is blanked
 * after this, and who was erased before is seen to be.
 */
const HOLD_CHECKPOINT = 'SELECT FROM notifications.checkpoints FOR SHARE';

const put = (
  { pool, log, again }: ReplayOptions,
  userId: string,
  due: readonly NewDelivery[],
): Promise<number> =>
  inTransaction(pool, async (tx) => {
    await tx.query(HOLD_CHECKPOINT);
    const erased = await isErased(log, userId);
    let count = 0;
    for (const made of due) {
      const delivery = erased ? { ...made, body: blankBody(made.body) } : made;
      const isNew = (await enqueue(tx, [delivery])) === 1;
      const sends = isNew || (again && (await retryDelivery(tx, delivery.webhookId, delivery.eventId)));
      if (sends) count += 1;
    }
    return count;
  });

/**
 * Tells webhooks of events that are in the log already, each with the resource as it was then. Done again it changes nothing,
 * unless `again` is asked for; so one that was cut off is simply begun once more.
 * @returns how many deliveries were enqueued
 * @throws ReplayRefused, FeedStop, VaultUnavailable, EventStoreUnavailable; UnknownEvent; or an error of PostgreSQL
 */
export async function replayWebhooks(options: ReplayOptions): Promise<number> {
  const { pool, reader, signal, onProgress } = options;
  const webhooks = await receivers(pool, options.webhookId);
  const checkpoint = await loadCheckpoint(pool);
  const to = options.to ?? checkpoint?.last?.position;
  if (!to) throw new ReplayRefused('no notifier has run with this database yet: start one first');
  let enqueued = 0;
  for await (const event of events(options, to)) {
    if (signal.aborted) break;
    const recorded = decodeOwn(reader, event);
    const wanted = recorded && isUserEvent(recorded) ? wantedBy(webhooks, recorded) : undefined;
    const due = wanted ? await deliveriesFor(options, wanted) : [];
    if (wanted && due.length > 0) enqueued += await put(options, wanted.recorded.event.data.userId, due);
    onProgress?.(event.position, enqueued);
  }
  return enqueued;
}
