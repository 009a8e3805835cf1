import type { KafkaMessage } from 'kafkajs';
import { KafkaUnavailable } from './errors.ts';

/** Records of one partition in a row. */
export interface PartitionBatch {
  /** The committed ones; there may be none, where a transaction was aborted or only its marker follows. */
  readonly records: readonly KafkaMessage[];
  /** The offset behind the batch. */
  readonly next: bigint;
}

/** What a partition holds now. */
export interface Bounds {
  /** Of its first record: what stood before was removed. */
  readonly start: bigint;
  /** Behind its last record. */
  readonly end: bigint;
}

/** How the group's member reads for a partition. */
export interface Fetching {
  /** Fetches from this offset on. */
  from(offset: bigint): void;
  pause(): void;
  resume(): void;
}

/** What was fetched for one reader and not taken yet. */
class Reading {
  readonly batches: PartitionBatch[] = [];
  /** Where the next batch has to begin. */
  next: bigint;
  failure: Error | undefined;
  ended = false;
  #wake: (() => void) | undefined;

  constructor(from: bigint) {
    this.next = from;
  }

  wake(): void {
    this.#wake?.();
  }

  end(): void {
    this.ended = true;
    this.wake();
  }

  fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  async changed(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Batches that wait for a reader; then fetching pauses. */
const MOST_WAITING = 2;

/**
 * A partition that is assigned to this process, until the group's members are assigned anew. It is fetched while somebody reads it, and only a little further than
 * was taken. Fetching pauses for this partition alone: waiting in the client's callback, as its documentation has it,
 * would hold up every partition of the same broker, and the heartbeats with them.
 */
export class Partition {
  readonly id: number;
  readonly #fetching: Fetching;
  #reading: Reading | undefined;
  #end: bigint | undefined;
  #gone: { readonly error: Error | undefined } | undefined;

  constructor(id: number, fetching: Fetching) {
    this.id = id;
    this.#fetching = fetching;
  }

  /** The offset behind what was fetched for whoever reads; undefined while nobody does. */
  get next(): bigint | undefined {
    return this.#reading?.next;
  }

  /** The offset behind the partition's last record, as far as it is known. */
  get end(): bigint | undefined {
    return this.#end;
  }

  /** Tells of an end; one that is known to be further stays. */
  sawEnd(offset: bigint): void {
    if (this.#end === undefined || offset > this.#end) this.#end = offset;
  }

  /**
   * Everything from an offset on, without a hole, until the signal aborts or the partition is taken away (it then ends
   * without error). One reads at a time: another call ends the one before.
   * @throws KafkaUnavailable the group was lost, or the broker delivered something else than what was due
   */
  async *read(from: bigint, signal: AbortSignal): AsyncGenerator<PartitionBatch, void> {
    this.#reading?.end();
    const reading = new Reading(from);
    const end = () => reading.end();
    signal.addEventListener('abort', end);
    if (this.#gone?.error) reading.fail(this.#gone.error);
    if (this.#gone || signal.aborted) reading.end();
    else this.#begin(reading);
    try {
      for (;;) {
        if (reading.failure && reading.batches.length === 0) throw reading.failure;
        if (reading.ended) return;
        const batch = reading.batches.shift();
        if (!batch) {
          await reading.changed();
          continue;
        }
        if (reading.batches.length === MOST_WAITING - 1) this.#fetching.resume();
        yield batch;
      }
    } finally {
      signal.removeEventListener('abort', end);
      if (this.#reading === reading) {
        this.#reading = undefined;
        this.#fetching.pause();
      }
    }
  }

  /** Takes what was fetched. What isn't due ends the reading: it is never passed over, and never taken for what was. */
  push(first: bigint, batch: PartitionBatch): void {
    const reading = this.#reading;
    if (!reading || reading.failure) return;
    if (first !== reading.next) {
      const what = `partition ${this.id} delivered offset ${first} where ${reading.next} was due`;
      reading.fail(new KafkaUnavailable({ cause: new Error(what) }));
      this.#fetching.pause();
      return;
    }
    reading.next = batch.next;
    reading.batches.push(batch);
    if (reading.batches.length === MOST_WAITING) this.#fetching.pause();
    reading.wake();
  }

  /** Whoever reads and waits gets a batch without records, to look about: something else than this partition has moved. */
  nudge(): void {
    const reading = this.#reading;
    if (!reading || reading.failure || reading.batches.length > 0) return;
    reading.batches.push({ records: [], next: reading.next });
    reading.wake();
  }

  /** It is no longer this process's, or with an error: the group was lost. */
  close(error?: Error): void {
    this.#gone ??= { error };
    if (error) this.#reading?.fail(error);
    else this.#reading?.end();
  }

  #begin(reading: Reading): void {
    this.#reading = reading;
    this.#fetching.from(reading.next);
    this.#fetching.resume();
  }
}
