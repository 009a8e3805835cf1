import { partitionOf } from '../../../shared/adapters/kafka/partitioner.ts';
import type { PlacedRecord, TransactionalProducer } from '../../../shared/adapters/kafka/producer.ts';
import { formatPosition, type Position } from '../../../shared/event-log/position.ts';
import { type KafkaRecord, toKafkaRecord } from '../../../shared/events/cloud-event.ts';
import type { Item, Sink } from './sink.ts';

/** Brokers take a megabyte a batch unless told otherwise; all of a transaction may fall into one. */
const MAX_BYTES = 900_000;

export interface TopicSinkOptions {
  readonly topic: string;
  readonly producer: TransactionalProducer;
  readonly partitions: number;
}

/** An export into a Kafka topic: the records that the relay would write, each with its user's partition. */
export class TopicSink implements Sink {
  readonly #options: TopicSinkOptions;
  #records: PlacedRecord[] = [];
  #bytes = 0;
  #last: Position | undefined;

  constructor(options: TopicSinkOptions) {
    this.#options = options;
  }

  async take(items: readonly Item[]): Promise<void> {
    for (const { recorded } of items) {
      const record = toKafkaRecord(recorded, Date.now());
      const bytes = sizeOf(record);
      if (this.#bytes + bytes > MAX_BYTES) await this.#send();
      this.#records.push({ ...record, partition: partitionOf(record.key, this.#options.partitions) });
      this.#bytes += bytes;
      this.#last = recorded.position;
    }
  }

  finish(): Promise<void> {
    return this.#send();
  }

  async interrupt(): Promise<string> {
    await this.#send();
    const { topic } = this.#options;
    if (!this.#last) return `interrupted: nothing was written to the topic ${topic} yet`;
    const last = formatPosition(this.#last);
    return `interrupted: the topic ${topic} has the events up to ${last}; the same command with --after ${last} writes the rest`;
  }

  async close(): Promise<void> {
    await this.#options.producer.close();
  }

  async #send(): Promise<void> {
    if (this.#records.length === 0) return;
    await this.#options.producer.send(this.#records);
    this.#records = [];
    this.#bytes = 0;
  }
}

/** Before compression, and a little more than it is. */
function sizeOf({ key, value, headers }: KafkaRecord): number {
  let bytes = 32 + key.length + value.length;
  for (const [name, text] of Object.entries(headers)) bytes += 4 + name.length + text.length;
  return bytes;
}
