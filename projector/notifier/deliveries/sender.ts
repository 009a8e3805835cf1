import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import type { Sender } from '../enqueuer.ts';
import {
  closeQueue,
  type Delivery,
  type DueQueue,
  type Endpoint,
  loadDue,
  loadFirst,
  type Outcome,
  settle,
} from './due.ts';
import type { DeliveryMetrics } from './metrics.ts';
import type { Answer, Poster } from './post.ts';
import type { Schedule } from './schedule.ts';
import { signatureHeaders } from './signature.ts';
import { Wake } from './wake.ts';

export interface DeliverySenderOptions {
  readonly pool: Pool;
  readonly poster: Poster;
  readonly schedule: Schedule;
  /** The secrets that sign for an endpoint now: its own, then the one before. */
  readonly secretsOf: (endpoint: Endpoint) => Promise<readonly Buffer[]>;
  readonly metrics: DeliveryMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Deliveries under way to one endpoint, each of another queue. A slow endpoint takes these and nobody else's. */
const PER_ENDPOINT = 8;
/** For what nobody has said is due: the end of a pause, a retry by hand. */
const POLL_MS = 200;
/** How long what is under way at a stop may still take; then it counts as not tried. */
const FINISH_MS = 5_000;

/**
 * Sends deliveries to the endpoints: in order within a queue, several queues at once, a bounded number for each
 * endpoint. One that was sent and could not be settled is sent again.
 */
export class DeliverySender implements Sender {
  readonly #options: DeliverySenderOptions;
  readonly #wake = new Wake();
  /** By endpoint and queue. */
  readonly #underWay = new Map<string, { readonly webhookId: string; readonly work: Promise<void> }>();

  constructor(options: DeliverySenderOptions) {
    this.#options = options;
  }

  wake(): void {
    this.#wake.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { pool, poster } = this.#options;
    const failed = new AbortController();
    const sending = AbortSignal.any([signal, failed.signal]);
    const cutOff = new AbortController();
    try {
      while (!sending.aborted) {
        const due = await loadDue(pool, 2 * PER_ENDPOINT, this.#full());
        for (const queue of due) {
          this.#start(queue, cutOff.signal, (error) => failed.abort(error));
        }
        await this.#wake.wait(POLL_MS, sending);
      }
      if (!signal.aborted) throw failed.signal.reason;
    } finally {
      const timer = setTimeout(() => cutOff.abort(), FINISH_MS);
      await Promise.all([...this.#underWay.values()].map(({ work }) => work));
      clearTimeout(timer);
      poster.close();
    }
  }

  /** Endpoints that can take no more. */
  #full(): string[] {
    return [...this.#countByEndpoint()].filter(([, count]) => count >= PER_ENDPOINT).map(([id]) => id);
  }

  #countByEndpoint(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { webhookId } of this.#underWay.values()) {
      counts.set(webhookId, (counts.get(webhookId) ?? 0) + 1);
    }
    return counts;
  }

  #start(queue: DueQueue, signal: AbortSignal, failed: (error: unknown) => void): void {
    const { webhookId, queueId } = queue;
    const key = `${webhookId}/${queueId}`;
    if (this.#underWay.has(key)) return;
    if ((this.#countByEndpoint().get(webhookId) ?? 0) >= PER_ENDPOINT) return;
    const work = this.#deliver(queue, signal)
      .catch((error: unknown) => {
        if (!signal.aborted) failed(error);
      })
      .finally(() => {
        this.#underWay.delete(key);
        this.#wake.wake();
      });
    this.#underWay.set(key, { webhookId, work });
  }

  async #deliver(queue: DueQueue, signal: AbortSignal): Promise<void> {
    const { pool, metrics, logger } = this.#options;
    const delivery = await loadFirst(pool, queue);
    if (!delivery) return closeQueue(pool, queue);
    const seconds = metrics.seconds.startTimer();
    const outcome = await this.#attempt(queue, delivery, signal);
    await settle(pool, queue, delivery, outcome);
    const { kind } = outcome;
    seconds({ outcome: kind });
    if (kind !== 'failed') return;
    const { webhookId: webhook_id } = queue;
    logger.warn(
      { webhook_id, event_id: delivery.eventId, found: outcome.found, last: outcome.error },
      'webhook_given_up',
    );
  }

  /** @throws the signal's reason, or an error of the vault */
  async #attempt(endpoint: Endpoint, delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const { poster, secretsOf, clock } = this.#options;
    const { eventId: id, body } = delivery;
    const secrets = await secretsOf(endpoint);
    const headers = signatureHeaders({ id, at: clock(), body }, secrets);
    try {
      return this.#judge(await poster.post(endpoint.url, headers, body, signal), delivery);
    } catch (error) {
      signal.throwIfAborted();
      return this.#failed(delivery, { status: undefined, error: reasonOf(error) });
    }
  }

  #judge({ status, retryAfter }: Answer, delivery: Delivery): Outcome {
    if (status >= 200 && status < 300) return { kind: 'delivered', status };
    if (status === 410) return { kind: 'failed', found: 'gone', status, error: 'answered 410: gone' };
    const redirected = status >= 300 && status < 400;
    const error = redirected ? `answered ${status}: redirects are not followed` : `answered ${status}`;
    return this.#failed(delivery, { status, error }, retryAfter);
  }

  #failed(
    { attempts }: Delivery,
    failure: { readonly status: number | undefined; readonly error: string },
    asked?: number,
  ): Outcome {
    const pause = this.#options.schedule.pause(attempts + 1, asked);
    return pause === undefined
      ? { kind: 'failed', found: 'failing', ...failure }
      : { kind: 'retry', pause, ...failure };
  }
}

/** Of the several tries to reach a name's addresses the first says why. */
const reasonOf = (error: unknown): string => {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
};
