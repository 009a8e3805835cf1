import { KafkaUnavailable } from '../../shared/adapters/kafka/errors.ts';
import { RecordsTooLarge, type TransactionalProducer } from '../../shared/adapters/kafka/producer.ts';
import type { Pool } from '../../shared/adapters/postgres/pool.ts';
import type { Clock } from '../../shared/clock.ts';
import type { RecordedEvent } from '../../shared/event-log/event-log.ts';
import type { EventReader } from '../../shared/events/codec.ts';
import type { ForeignEvent } from '../../shared/events/errors.ts';
import type { Feed } from '../feeds/feed.ts';
import type { Session } from '../follow/consumer.ts';
import { type Batch, planBatches } from './batches.ts';
import { moveCheckpoint, type RelayCheckpoint } from './checkpoint.ts';
import type { RelayMetrics } from './metrics.ts';
import { recordsTooLarge } from './stops.ts';
import type { ClaimedTopic } from './topic.ts';

/** Of what the topic takes as one batch of a partition; the rest is for what surrounds the records. */
const PART_OF_LIMIT = 0.9;
/** Well below what brokers take as one request (socket.request.max.bytes, 100 MiB). */
const TOTAL_BYTES = 8 * 1024 * 1024;
/** A send that takes longer is given up, before the brokers give its transaction up: the driver may wait for ever. */
const SEND_DEADLINE_MS = 50_000;

export interface SendingOptions {
  readonly feed: Feed;
  readonly pool: Pool;
  readonly reader: Pick<EventReader, 'decode'>;
  readonly topic: { readonly topic: string };
  readonly metrics: RelayMetrics;
  readonly clock: Clock;
  /** Another program wrote this event: it is not sent. */
  readonly foreign: (event: ForeignEvent) => void;
}

/** Sends what arrives, one batch after another, and moves the checkpoint after each. */
export class Sending {
  readonly #options: SendingOptions;
  readonly #session: Pick<Session, 'taken' | 'written'>;
  readonly #producer: TransactionalProducer;
  readonly #maxBatchBytes: number;
  /** After the last batch. */
  checkpoint: RelayCheckpoint;

  constructor(
    options: SendingOptions,
    session: Pick<Session, 'taken' | 'written'>,
    producer: TransactionalProducer,
    claimed: ClaimedTopic,
  ) {
    this.#options = options;
    this.#session = session;
    this.#producer = producer;
    this.#maxBatchBytes = claimed.maxBatchBytes;
    this.checkpoint = claimed.checkpoint;
  }

  async follow(signal: AbortSignal): Promise<void> {
    const { feed, reader, foreign, clock } = this.#options;
    const limits = {
      partitions: this.checkpoint.partitions,
      partitionBytes: this.#maxBatchBytes * PART_OF_LIMIT,
      totalBytes: TOTAL_BYTES,
    };
    for await (const { events } of feed.batches(this.checkpoint.last, signal)) {
      const planned = planBatches(reader, events, limits, clock());
      const { batches, stop } = planned;
      for (const event of planned.foreign) foreign(event);
      for (const batch of batches) this.#session.taken(batch.events.length, batch.events[0]?.created);
      for (const batch of batches) {
        if (signal.aborted) return;
        await this.#send(batch);
      }
      if (stop) throw stop;
    }
  }

  async #send({ records, events }: Batch): Promise<void> {
    const { pool, metrics, topic } = this.#options;
    const seconds = metrics.batchSeconds.startTimer();
    const { id, position, created } = events.at(-1) as RecordedEvent;
    try {
      const ends = await inTime(this.#producer.send(records));
      this.checkpoint = await moveCheckpoint(pool, this.checkpoint, { id, position, at: created }, ends);
    } catch (error) {
      if (!(error instanceof RecordsTooLarge)) throw error;
      throw recordsTooLarge(topic.topic, this.#maxBatchBytes, error);
    }
    seconds();
    metrics.batchSize.observe(events.length);
    for (const [type, some] of Map.groupBy(events, (event) => event.type)) {
      metrics.events.inc({ type }, some.length);
    }
    this.#session.written(events.length);
  }
}

async function inTime<T>(sending: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new KafkaUnavailable({ cause: new Error(`no answer within ${SEND_DEADLINE_MS} ms`) }));
  }, SEND_DEADLINE_MS);
  try {
    return await Promise.race([sending, promise]);
  } finally {
    clearTimeout(timer);
  }
}
