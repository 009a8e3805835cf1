import { setTimeout as delay } from 'node:timers/promises';
import { KafkaUnavailable } from '../../shared/adapters/kafka/errors.ts';
import { ProducerFenced } from '../../shared/adapters/kafka/producer.ts';
import { ADVISORY_LOCKS } from '../../shared/adapters/postgres/advisory-locks.ts';
import { isPostgresUnavailable } from '../../shared/adapters/postgres/pool.ts';
import type { Clock } from '../../shared/clock.ts';
import { EventStoreUnavailable } from '../../shared/event-log-errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { CheckpointMoved, FeedStop } from '../errors.ts';
import { lead } from '../follow/leadership.ts';
import { Backoff, sleep } from './backoff.ts';
import type { Observed, RelayState } from './metrics.ts';
import { type RelayOptions, relay } from './relay.ts';

export interface RelayRunnerOptions extends Omit<RelayOptions, 'signal' | 'started' | 'inHand' | 'sent'> {
  /** What the database's schema still lacks; the relay waits until that is nothing. */
  readonly missingMigrations: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const SCHEMA_POLL_MS = 1_000;
/** After a stop everything is tried from the start again, in case somebody has put it right. */
const STOP_RETRY_MS = 5_000;
/** Then the relay counts as running again once a batch is sent, or nothing has gone wrong for this long. */
const RECOVERY_MS = 2_000;
interface InHand {
  readonly events: number;
  /** The time of the first of them. */
  readonly since: Date | undefined;
}

const NOTHING: InHand = { events: 0, since: undefined };

/**
 * Keeps one relay at work: waits for the schema, for its turn, for the event store and Kafka, sends, and starts over
 * when one of them was lost.
 */
export class RelayRunner {
  readonly #options: RelayRunnerOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #state: RelayState = 'waiting';
  #reason: string | undefined;
  #inHand: InHand = NOTHING;
  /** Up to when everything was sent, when it was last known. */
  #currentAt: number;
  readonly #retry = new Backoff(50, 1_000);
  /** Whoever is fenced gives way for longer each time: two relays that fence each other come to rest. */
  readonly #giving = new Backoff(1_000, 60_000);
  #recovery: NodeJS.Timeout | undefined;

  constructor(options: RelayRunnerOptions) {
    this.#options = options;
    this.#currentAt = options.clock();
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Finishes the send that is under way, if Kafka answers within a few seconds. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    clearTimeout(this.#recovery);
  }

  /** @throws Error saying why the relay does not run */
  assertRunning(): void {
    if (this.#state === 'following' || this.#state === 'standby') return;
    throw new Error(`the relay is ${this.#state}${this.#reason ? `: ${this.#reason}` : ''}`);
  }

  observe(): Observed {
    const { clock, source } = this.#options;
    const waiting = source.waiting;
    const since = this.#inHand.since ?? waiting.since;
    const current = this.#state === 'following' || this.#state === 'standby';
    const behindSince = since?.getTime() ?? (current ? clock() : this.#currentAt);
    return {
      state: this.#state,
      lagEvents: this.#inHand.events + waiting.events,
      lagSeconds: Math.max(0, clock() - behindSince) / 1_000,
    };
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#waitForSchema(signal);
        await this.#lead(signal);
      } catch (error) {
        if (!signal.aborted) await this.#pauseAfter(error, signal);
      }
    }
  }

  async #waitForSchema(signal: AbortSignal): Promise<void> {
    for (let said = ''; ; await delay(SCHEMA_POLL_MS, undefined, { signal })) {
      const missing = (await this.#options.missingMigrations()).join(', ');
      if (missing === '') return;
      this.#set('waiting', `the database lacks ${missing}; run: cli migrate`);
      if (missing !== said) this.#options.logger.warn({ missing, way_out: 'cli migrate' }, 'schema_missing');
      said = missing;
    }
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const { pool, topic, logger } = this.#options;
    const standby = () => {
      this.#set('standby');
      logger.info('standby');
    };
    const leadership = await lead(pool, signal, standby, ADVISORY_LOCKS.relay(topic.topic));
    const leading = AbortSignal.any([signal, leadership.lost]);
    try {
      while (!leading.aborted) await this.#relayOnce(leading);
    } finally {
      leadership.release();
    }
    if (!signal.aborted) logger.warn('leadership_lost');
  }

  /** One connection to event store and Kafka. Ends when one of them is lost; throws what needs the place given up. */
  async #relayOnce(leading: AbortSignal): Promise<void> {
    try {
      await relay({
        ...this.#options,
        signal: leading,
        started: () => this.#started(),
        inHand: (events, since) => this.#takeInHand(events, since),
        sent: () => this.#sent(),
      });
    } catch (error) {
      // Whoever has lost its place is fenced by whoever has it now.
      if (leading.aborted) return;
      if (error instanceof EventStoreUnavailable || error instanceof KafkaUnavailable) {
        await this.#pauseAfter(error, leading);
      } else throw error;
    }
  }

  #started(): void {
    this.#retry.reset();
    // What stopped it may be about to come again: until then it is not called ready.
    if (this.#state !== 'stopped') this.#following();
    else this.#recovery = setTimeout(() => this.#following(), RECOVERY_MS);
  }

  #sent(): void {
    this.#giving.reset();
    this.#following();
  }

  #following(): void {
    clearTimeout(this.#recovery);
    if (this.#state === 'following') return;
    this.#set('following');
    this.#options.logger.info('following');
  }

  #takeInHand(events: number, since: Date | undefined): void {
    this.#inHand = { events, since };
  }

  async #pauseAfter(error: unknown, signal: AbortSignal): Promise<void> {
    clearTimeout(this.#recovery);
    if (error instanceof ProducerFenced) await this.#giveWay(error, signal);
    else if (isTemporary(error)) await this.#wait(error, signal);
    else await this.#stopAt(error, signal);
  }

  /** The place is given up already; while others send, this one stands by. */
  async #giveWay(error: ProducerFenced, signal: AbortSignal): Promise<void> {
    const way_out = 'run the relays of one topic with one database, or give each a topic of its own';
    this.#options.logger.warn({ err: error, way_out, pause_ms: this.#giving.ms }, 'relay_fenced');
    this.#set('waiting', `${error.message}; if this repeats, ${way_out}`);
    await this.#giving.pause(signal);
  }

  async #wait(error: Error, signal: AbortSignal): Promise<void> {
    if (this.#state !== 'waiting') this.#options.logger.warn({ err: error }, 'relay_waiting');
    // A stop stays one until it is over.
    if (this.#state !== 'stopped') this.#set('waiting', error.message);
    await this.#retry.pause(signal);
  }

  async #stopAt(error: unknown, signal: AbortSignal): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    const wayOut = error instanceof FeedStop ? error.wayOut : undefined;
    const reason = wayOut ? `${message}; ${wayOut}` : message;
    if (this.#reason !== reason) this.#options.logger.error({ err: error, way_out: wayOut }, 'relay_stopped');
    this.#set('stopped', reason);
    await sleep(STOP_RETRY_MS, signal);
  }

  #set(state: RelayState, reason?: string): void {
    if (this.#state === 'following' && state !== 'following') {
      this.#currentAt = this.#inHand.since?.getTime() ?? this.#options.clock();
      this.#inHand = NOTHING;
    }
    this.#state = state;
    this.#reason = reason;
  }
}

const isTemporary = (error: unknown): error is Error =>
  error instanceof EventStoreUnavailable ||
  error instanceof KafkaUnavailable ||
  error instanceof CheckpointMoved ||
  isPostgresUnavailable(error);
