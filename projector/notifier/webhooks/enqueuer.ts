import type { PoolClient } from '../../../shared/adapters/postgres/pool.ts';
import { isUserEvent, isWebhookEvent } from '../../../shared/events/codec.ts';
import type { AnyEvent, Recorded, WebhookEvent } from '../../../shared/events/types.ts';
import { enqueue, type NewDelivery } from '../../../shared/notifications/deliveries.ts';
import type { Webhook } from '../../../shared/webhooks/webhook.ts';
import type { AppliedEvent } from '../../feeds/feed.ts';
import { eraseDeliveries } from '../deliveries/erase.ts';
import type { Enqueuer } from '../enqueuer.ts';
import { type BeginOptions, beginWith } from './begin.ts';
import { type DeliveriesOptions, deliveriesFor, type Wanted, wantedBy } from './deliveries.ts';
import { folded, loadEndpoints, saveEndpoint } from './endpoints.ts';
import { blankBody } from './message.ts';

export type WebhookEnqueuerOptions = BeginOptions & DeliveriesOptions;

/** Users whose states are read at once. */
const USERS_AT_ONCE = 8;

/**
 * Turns events into deliveries: to each endpoint that wants to hear of it, the resource as it was right after the event.
 * What takes long, reading users' streams, is done before the transaction.
 */
export class WebhookEnqueuer implements Enqueuer {
  readonly #options: WebhookEnqueuerOptions;
  /** As of the last event that was prepared; undefined until they are read. */
  #endpoints: Map<string, Webhook> | undefined;
  /** Endpoints as the events of the batch leave them, by the ids of those. */
  readonly #changed = new Map<string, Webhook>();
  /** What the batch makes due. */
  readonly #due: NewDelivery[] = [];

  constructor(options: WebhookEnqueuerOptions) {
    this.#options = options;
  }

  forget(): void {
    this.#endpoints = undefined;
    this.#changed.clear();
    this.#due.length = 0;
    this.#options.states.forget();
  }

  begin(last: AppliedEvent | undefined): Promise<void> {
    return beginWith(this.#options, last);
  }

  /** @throws FeedStop, VaultUnavailable, EventStoreUnavailable; UnknownEvent; or an error of PostgreSQL */
  async prepare(events: readonly Recorded<AnyEvent>[]): Promise<void> {
    this.#changed.clear();
    this.#due.length = 0;
    this.#endpoints ??= await loadEndpoints(this.#options.pool);
    const wanted: Wanted[] = [];
    for (const recorded of events) {
      if (isWebhookEvent(recorded)) this.#fold(this.#endpoints, recorded);
      else if (isUserEvent(recorded)) {
        const one = wantedBy(this.#endpoints.values(), recorded);
        if (one) wanted.push(one);
      }
    }
    await this.#prepareAll(wanted);
  }

  async handle(recorded: Recorded<AnyEvent>, tx: PoolClient): Promise<void> {
    /*
     * With the first event, what all of them make due: one statement and not one each. What a later
     * event of the batch does to deliveries (erases, removes, resumes) then finds those before it.
     */
    await enqueue(tx, this.#due.splice(0));
    const webhook = this.#changed.get(recorded.id);
    if (webhook) await saveEndpoint(tx, webhook, recorded.event.type as WebhookEvent['type']);
    if (recorded.event.type === 'UserErased')
      await eraseDeliveries(tx, recorded.event.data.userId, blankBody);
  }

  #fold(endpoints: Map<string, Webhook>, recorded: Recorded<WebhookEvent>): void {
    const after = folded(endpoints, recorded);
    if (!after) return;
    endpoints.set(after.webhookId, after);
    this.#changed.set(recorded.id, after);
  }

  /** Each user's in order, several users at once. Nobody is at work on a user's state any more when it fails. */
  async #prepareAll(wanted: readonly Wanted[]): Promise<void> {
    const byUser = Map.groupBy(wanted, ({ recorded }) => recorded.event.data.userId).values();
    const due: NewDelivery[] = [];
    let failed = false;
    const work = async () => {
      try {
        for (const ofUser of byUser) {
          for (const one of ofUser) if (!failed) due.push(...(await deliveriesFor(this.#options, one)));
        }
      } catch (error) {
        failed = true;
        throw error;
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: USERS_AT_ONCE }, work));
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
    this.#due.push(...due);
  }
}
