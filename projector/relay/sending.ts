import { KafkaUnavailable } from '../../shared/adapters/kafka/errors.ts';
import { RecordsTooLarge, type TransactionalProducer } from '../../shared/adapters/kafka/producer.ts';
import type { RecordedEvent } from '../../shared/event-log.ts';
import { type Batch, planBatches } from './batches.ts';
import { moveCheckpoint, type RelayCheckpoint } from './checkpoint.ts';
import type { RelayOptions } from './relay.ts';
import { recordsTooLarge } from './stops.ts';
import type { ClaimedTopic } from './topic.ts';

/** Of what the topic takes as one batch of a partition; the rest is for what surrounds the records. */
const PART_OF_LIMIT = 0.9;
/** Well below what brokers take as one request (socket.request.max.bytes, 100 MiB). */
const TOTAL_BYTES = 8 * 1024 * 1024;
/** A send that takes longer is given up, before the brokers give its transaction up: the driver may wait for ever. */
const SEND_DEADLINE_MS = 50_000;

/** Sends what arrives, one batch after another, and moves the checkpoint behind each. */
export class Sending {
  readonly #options: RelayOptions;
  readonly #producer: TransactionalProducer;
  readonly #maxBatchBytes: number;
  /** Behind the last batch. */
  checkpoint: RelayCheckpoint;

  constructor(options: RelayOptions, producer: TransactionalProducer, claimed: ClaimedTopic) {
    this.#options = options;
    this.#producer = producer;
    this.#maxBatchBytes = claimed.maxBatchBytes;
    this.checkpoint = claimed.checkpoint;
  }

  async follow(signal: AbortSignal): Promise<void> {
    const { source, reader, inHand } = this.#options;
    const limits = {
      partitions: this.checkpoint.partitions,
      partitionBytes: this.#maxBatchBytes * PART_OF_LIMIT,
      totalBytes: TOTAL_BYTES,
    };
    for await (const events of source.batches(this.checkpoint.last, signal)) {
      const { batches, stop } = planBatches(reader, events, limits);
      let left = events.length;
      for (const batch of batches) {
        if (signal.aborted) return;
        inHand(left, batch.events[0]?.created);
        await this.#send(batch);
        left -= batch.events.length;
      }
      inHand(0, undefined);
      if (stop) throw stop;
    }
  }

  async #send({ records, events }: Batch): Promise<void> {
    const { pool, metrics, topic, sent } = this.#options;
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
    sent();
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
