import { partitionOf } from '../../../shared/adapters/kafka/partitioner.ts';
import type { PlacedRecord, TransactionalProducer } from '../../../shared/adapters/kafka/producer.ts';
import { type KafkaRecord, toKafkaRecord } from '../../../shared/events/cloud-event.ts';
import type { Place } from '../source/source.ts';
import { CheckpointTimer } from './checkpoints.ts';
import type { Journal } from './journal.ts';
import type { Item, Sink } from './sink.ts';

/** Brokers take a megabyte a batch unless told otherwise; all of a transaction may fall into one. */
const MAX_BYTES = 900_000;

export interface TopicSinkOptions {
  readonly producer: TransactionalProducer;
  readonly partitions: number;
  /** Without one an export that was interrupted can't be gone on with. */
  readonly journal: Journal | undefined;
  /** Events that an earlier run has exported. */
  readonly events: number;
}

/** An export into a Kafka topic: the records that the relay would write, each with its user's partition. */
export class TopicSink implements Sink {
  readonly #options: TopicSinkOptions;
  readonly #timer = new CheckpointTimer();
  #records: PlacedRecord[] = [];
  #bytes = 0;
  #sent: number;

  constructor(options: TopicSinkOptions) {
    this.#options = options;
    this.#sent = options.events;
  }

  async take(items: readonly Item[]): Promise<void> {
    for (const { recorded } of items) {
      const record = toKafkaRecord(recorded);
      const bytes = sizeOf(record);
      if (this.#bytes + bytes > MAX_BYTES) await this.#send();
      this.#records.push({ ...record, partition: partitionOf(record.key, this.#options.partitions) });
      this.#bytes += bytes;
    }
  }

  async passed(place: Place): Promise<void> {
    this.#timer.passed(place);
    if (this.#timer.isDue) await this.interrupt();
  }

  async finish(): Promise<void> {
    await this.#send();
    await this.#options.journal?.complete();
  }

  /** First the records, then the word that they are there: what is cut off in between is sent again. */
  async interrupt(): Promise<void> {
    await this.#send();
    const { place } = this.#timer;
    if (place) await this.#options.journal?.append({ place, events: this.#sent, bytes: 0 });
    this.#timer.recorded();
  }

  async close(): Promise<void> {
    await Promise.all([this.#options.producer.close(), this.#options.journal?.close()]);
  }

  async #send(): Promise<void> {
    if (this.#records.length === 0) return;
    await this.#options.producer.send(this.#records);
    this.#sent += this.#records.length;
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
