import { isPostgresUnavailable } from '../../shared/adapters/postgres/pool.ts';
import type { Clock } from '../../shared/clock.ts';
import { EventStoreUnavailable } from '../../shared/event-log/errors.ts';
import type { Logger } from '../../shared/process/logger.ts';
import { sleep } from '../../shared/sleep.ts';
import { VaultUnavailable } from '../../shared/vault/errors.ts';
import { CheckpointMoved, FeedStop, Fenced } from '../errors.ts';
import { Backoff } from './backoff.ts';
import { type Lag, LagCounter, type Waiting } from './lag.ts';

/** What a consumer of the log is doing. */
export type ConsumerState =
  /** Waiting for PostgreSQL, its schema, the event store or what it writes to. */
  | 'waiting'
  /** Another process leads. */
  | 'standby'
  /** Events are worked on as they come. */
  | 'following'
  /** It can't go on until somebody has done something; see the log. */
  | 'stopped';

export const CONSUMER_STATES: readonly ConsumerState[] = ['waiting', 'standby', 'following', 'stopped'];

export interface StatusOptions {
  /** In its log lines and messages. */
  readonly name: string;
  readonly waiting: () => Waiting;
  /** Whether an error says that what the consumer writes to can't be reached now. */
  readonly isTargetUnavailable?: (error: unknown) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** After a stop everything is tried from the start again, in case somebody has put it right. */
const STOP_RETRY_MS = 5_000;
/** What has gone well for this long counts as recovered, also where no event has come. */
const RECOVERY_MS = 2_000;

/** What a consumer is doing and, where that is nothing, why; and how long it waits before another try. */
export class Status {
  readonly #options: StatusOptions;
  readonly #lag: LagCounter;
  #state: ConsumerState = 'waiting';
  #reason: string | undefined;
  readonly #retry = new Backoff(50, 1_000);
  /** Whoever is fenced gives way for longer each time: two that fence each other come to rest. */
  readonly #giveWay = new Backoff(1_000, 60_000);
  #recovery: NodeJS.Timeout | undefined;

  constructor(options: StatusOptions) {
    this.#options = options;
    this.#lag = new LagCounter(options.clock, options.waiting);
  }

  get state(): ConsumerState {
    return this.#state;
  }

  get lag(): Lag {
    return this.#lag.lag;
  }

  /** @throws Error saying why the consumer does not run */
  assertRunning(): void {
    if (this.#state === 'following' || this.#state === 'standby') return;
    throw new Error(`the ${this.#options.name} is ${this.#state}${this.#reason ? `: ${this.#reason}` : ''}`);
  }

  lacks(migrations: string): void {
    this.#set('waiting', `the database lacks ${migrations}; run: cli migrate`);
    this.#options.logger.warn({ missing: migrations, way_out: 'cli migrate' }, 'schema_missing');
  }

  standby(): void {
    this.#set('standby');
    this.#options.logger.info('standby');
  }

  /** The source is verified, events are on their way. */
  started(): void {
    clearTimeout(this.#recovery);
    // What stopped it may be about to come again: until then it is not called ready.
    if (this.#state !== 'stopped') this.#follow();
    this.#recovery = setTimeout(() => {
      this.#retry.reset();
      this.#follow();
    }, RECOVERY_MS);
  }

  taken(events: number, since: Date | undefined): void {
    this.#lag.taken(events, since);
  }

  written(events: number): void {
    this.#lag.written(events);
    this.#retry.reset();
    this.#giveWay.reset();
    clearTimeout(this.#recovery);
    this.#follow();
  }

  /** The connection to the source has ended, whatever for. */
  ended(): void {
    clearTimeout(this.#recovery);
    this.#lag.interrupted();
  }

  /** Whether an error is over when the event store, or what is written to, can be reached again. */
  isConnectionLost(error: unknown): boolean {
    return error instanceof EventStoreUnavailable || this.#options.isTargetUnavailable?.(error) === true;
  }

  /** Waits after an error, until the signal aborts at most; shortly after what passes by itself. */
  async failed(error: unknown, signal: AbortSignal): Promise<void> {
    if (error instanceof Fenced) await this.#fenced(error, signal);
    else if (this.#passes(error)) await this.#wait(error, signal);
    else await this.#stop(error, signal);
  }

  #passes(error: unknown): boolean {
    return (
      this.isConnectionLost(error) ||
      error instanceof VaultUnavailable ||
      error instanceof CheckpointMoved ||
      isPostgresUnavailable(error)
    );
  }

  async #fenced(error: Fenced, signal: AbortSignal): Promise<void> {
    const { name, logger } = this.#options;
    const way_out = error.wayOut;
    logger.warn({ err: error, way_out, pause_ms: this.#giveWay.ms }, `${name}_fenced`);
    this.#set('waiting', `${error.message}; if this repeats, ${way_out}`);
    await this.#giveWay.pause(signal);
  }

  async #wait(error: unknown, signal: AbortSignal): Promise<void> {
    const { name, logger } = this.#options;
    if (this.#state !== 'waiting') logger.warn({ err: error }, `${name}_waiting`);
    // A stop stays one until it is over.
    if (this.#state !== 'stopped') this.#set('waiting', messageOf(error));
    await this.#retry.pause(signal);
  }

  async #stop(error: unknown, signal: AbortSignal): Promise<void> {
    const { name, logger } = this.#options;
    const way_out = error instanceof FeedStop ? error.wayOut : undefined;
    const reason = way_out ? `${messageOf(error)}; ${way_out}` : messageOf(error);
    if (this.#reason !== reason) logger.error({ err: error, way_out }, `${name}_stopped`);
    this.#set('stopped', reason);
    await sleep(STOP_RETRY_MS, signal);
  }

  #follow(): void {
    this.#lag.current();
    if (this.#state === 'following') return;
    this.#set('following');
    this.#options.logger.info('following');
  }

  #set(state: ConsumerState, reason?: string): void {
    this.#state = state;
    this.#reason = reason;
    if (state === 'following' || state === 'standby') this.#lag.current();
    else this.#lag.interrupted();
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
