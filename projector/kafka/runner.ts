import type { KafkaAdmin } from '../../shared/adapters/kafka/admin.ts';
import type { Kafka } from '../../shared/adapters/kafka/client.ts';
import { joinGroup } from '../../shared/adapters/kafka/consumer.ts';
import { KafkaUnavailable } from '../../shared/adapters/kafka/errors.ts';
import { inspectTopic } from '../../shared/adapters/kafka/topic.ts';
import { unlessAborted } from '../../shared/unless-aborted.ts';
import { topicCompacted } from '../errors.ts';
import { FeedStatus } from '../follow/feed-status.ts';
import { KAFKA_PLACE, lead } from '../follow/leadership.ts';
import { type FeedRunner, type RunnerOptions, waitForSchema } from '../follow/runner.ts';
import type { KafkaObserved } from '../metrics.ts';
import { takeOver } from './change-owner.ts';
import type { KafkaOwner } from './lane.ts';
import { startRounds } from './lane-rounds.ts';
import type { LaneSurroundings } from './lane-worker.ts';
import { Lanes } from './lanes.ts';
import { RelayWatch } from './relayed.ts';

export interface KafkaRunnerOptions extends LaneSurroundings, Pick<RunnerOptions, 'missingMigrations'> {
  readonly kafka: Kafka;
  readonly admin: KafkaAdmin;
  readonly topic: string;
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
}

/**
 * Keeps one projector of the Kafka feed at work: waits for the schema and until no process of the direct feed is left,
 * joins the consumer group, and has a lane follow each partition that it is assigned. When the group is lost, or the
 * read models are another feed's, it starts over.
 */
export class KafkaRunner implements FeedRunner {
  readonly #options: KafkaRunnerOptions;
  readonly #status: FeedStatus;
  readonly #stopping = new AbortController();
  #lanes: Lanes | undefined;
  #running: Promise<void> | undefined;
  #currentAt: number;

  constructor(options: KafkaRunnerOptions) {
    this.#options = options;
    this.#currentAt = options.clock();
    // Each lane's caches listen to it: there are as many as partitions, and no leak.
    options.redis.setMaxListeners(0);
    this.#status = new FeedStatus(options.logger);
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  assertRunning(): void {
    const { state } = this.observe();
    if (state === 'following' || state === 'standby') return;
    const reasons = this.#lanes ? this.#lanes.reasons : [];
    const { reason } = this.#status;
    throw new Error([`the feed is ${state}`, ...(reason ? [reason] : []), ...reasons].join('; '));
  }

  observe(): KafkaObserved {
    const { clock } = this.#options;
    const { state } = this.#status;
    const lanes = state === 'following' ? this.#lanes : undefined;
    if (lanes || state === 'standby') this.#currentAt = clock();
    const lagSeconds = (clock() - this.#currentAt) / 1_000;
    const nothing = { state, lagEvents: 0, lagSeconds, parkedUsers: 0 };
    return { ...(lanes?.observe() ?? nothing), partitions: lanes?.size ?? 0, lags: lanes?.lags ?? [] };
  }

  /** Whoever has the first partition. */
  get tends(): boolean {
    return this.#lanes?.has(0) ?? false;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await waitForSchema(this.#options, this.#status, signal);
        await this.#take(signal);
      } catch (error) {
        if (!signal.aborted) await this.#status.pauseAfter(error, signal);
      }
    }
  }

  /** Holds the place that all processes of this feed share, so that none of the other is at work. */
  async #take(signal: AbortSignal): Promise<void> {
    const { pool, logger } = this.#options;
    const owner = await this.#topic(signal);
    const waiting = () => {
      this.#status.set('standby', 'a projector of the direct feed is at work');
      logger.info('standby');
    };
    const place = await lead(pool, signal, waiting, KAFKA_PLACE);
    try {
      const changed = await takeOver(pool, owner);
      if (changed) logger.warn(changed, 'feed_changed');
      await this.#work(owner, AbortSignal.any([signal, place.lost]));
    } finally {
      place.release();
    }
    if (!signal.aborted) logger.warn('leadership_lost');
  }

  async #topic(signal: AbortSignal): Promise<KafkaOwner> {
    const { admin, topic } = this.#options;
    const found = await unlessAborted(inspectTopic(admin, topic), signal);
    if (!found)
      throw new KafkaUnavailable({ cause: new Error(`there is no topic ${topic}: the relay makes it`) });
    if (found.compacted) throw topicCompacted(topic);
    return { feed: 'kafka', topic, partitions: found.partitions };
  }

  /** A member of the group until the signal aborts. @throws KafkaUnavailable, FeedNotOwned */
  async #work(owner: KafkaOwner, signal: AbortSignal): Promise<void> {
    const { logger, offsets, pool } = this.#options;
    const over = Promise.withResolvers<void>();
    // Awaited below; it may come before that.
    over.promise.catch(() => undefined);
    signal.addEventListener('abort', () => over.resolve());
    if (signal.aborted) return;
    const relay = new RelayWatch(pool, owner.topic);
    const relayed = () => relay.latest;
    const lanes = new Lanes({ ...this.#options, owner, relayed, notOwned: over.reject });
    const rounds = startRounds({ lanes, relay, pool, offsets, logger });
    try {
      const group = await joinGroup({
        ...this.#options,
        signal,
        assigned: (partitions) => {
          logger.info({ partitions: partitions.map(({ id }) => id) }, 'partitions_assigned');
          if (signal.aborted) return;
          lanes.assign(partitions);
          this.#lanes = lanes;
          this.#status.set('following');
          this.#status.connected();
        },
        lost: over.reject,
      });
      try {
        await over.promise;
      } finally {
        // First the last batches: whoever has the partitions then finds them written.
        await lanes.stop();
        await group.leave();
      }
    } finally {
      rounds.stop();
      this.#lanes = undefined;
      await lanes.stop();
    }
  }
}
