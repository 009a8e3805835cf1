import { partitionOf } from '../../shared/adapters/kafka/partitioner.ts';
import type { PlacedRecord } from '../../shared/adapters/kafka/producer.ts';
import type { RecordedEvent } from '../../shared/event-log/event-log.ts';
import { toKafkaRecord } from '../../shared/events/cloud-event.ts';
import type { EventReader } from '../../shared/events/codec.ts';
import { ForeignEvent, UnknownEvent } from '../../shared/events/errors.ts';
import { type FeedStop, unknownEvent } from '../errors.ts';

/** What goes into one transaction. */
export interface Batch {
  readonly records: readonly PlacedRecord[];
  /** The events of the records, in the log's order. */
  readonly events: readonly RecordedEvent[];
}

export interface BatchLimits {
  readonly partitions: number;
  /** Most bytes for one partition: brokers refuse a larger set of records. Before compression, which only helps. */
  readonly partitionBytes: number;
  /** Most bytes in all. */
  readonly totalBytes: number;
}

export interface Planned {
  readonly batches: readonly Batch[];
  /** Set if an event is not known here: to be thrown once the events before it are sent. */
  readonly stop?: FeedStop;
  /** What another program wrote: it is in no batch. */
  readonly foreign: readonly ForeignEvent[];
}

/** Cuts events into batches, in their order, up to the first that this build doesn't know. One event always fits. `now` is in milliseconds. */
export function planBatches(
  reader: Pick<EventReader, 'decode'>,
  events: readonly RecordedEvent[],
  limits: BatchLimits,
  now: number,
): Planned {
  const batches: Batch[] = [];
  const foreign: ForeignEvent[] = [];
  let open = new OpenBatch(limits);
  for (const event of events) {
    try {
      reader.decode(event);
    } catch (error) {
      if (!(error instanceof UnknownEvent)) throw error;
      if (!(error instanceof ForeignEvent)) {
        return { batches: [...batches, ...open.closed()], stop: unknownEvent(error, 'relay'), foreign };
      }
      foreign.push(error);
      continue;
    }
    const record = toKafkaRecord(event, now);
    const placed = { ...record, partition: partitionOf(record.key, limits.partitions) };
    if (!open.takes(event, placed)) {
      batches.push(...open.closed());
      open = new OpenBatch(limits);
      open.takes(event, placed);
    }
  }
  return { batches: [...batches, ...open.closed()], foreign };
}

class OpenBatch {
  readonly #limits: BatchLimits;
  readonly #records: PlacedRecord[] = [];
  readonly #events: RecordedEvent[] = [];
  readonly #bytes: number[];
  #total = 0;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
    this.#bytes = new Array<number>(limits.partitions).fill(0);
  }

  /** Takes the record in if it fits; the first always does. */
  takes(event: RecordedEvent, record: PlacedRecord): boolean {
    const { partitionBytes, totalBytes } = this.#limits;
    const size = sizeOf(record);
    const ofPartition = (this.#bytes[record.partition] as number) + size;
    const fits = ofPartition <= partitionBytes && this.#total + size <= totalBytes;
    if (this.#records.length > 0 && !fits) return false;
    this.#bytes[record.partition] = ofPartition;
    this.#total += size;
    this.#records.push(record);
    this.#events.push(event);
    return true;
  }

  closed(): Batch[] {
    return this.#records.length > 0 ? [{ records: this.#records, events: this.#events }] : [];
  }
}

/** At least what the record takes: 4 bytes at most for a length, 3 for a character of a header. */
function sizeOf({ key, value, headers }: PlacedRecord): number {
  let size = 32 + key.length + value.length;
  for (const name in headers) size += 8 + name.length + (headers[name] as string).length * 3;
  return size;
}
