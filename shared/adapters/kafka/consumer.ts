import type { Consumer, Kafka } from 'kafkajs';
import { unlessAborted } from '../../unless-aborted.ts';
import { KafkaUnavailable } from './errors.ts';
import { Partition } from './partition.ts';

export interface GroupOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topic: string;
  /** A member that says nothing for this long has lost its partitions. */
  readonly sessionTimeoutMs: number;
  /**
   * The partitions of this member from now on, whenever members have come or gone. Those it had before are closed, also
   * where it keeps them: whoever reads looks again whether the topic leads on from where it is.
   */
  readonly assigned: (partitions: readonly Partition[]) => void;
  /** The group was lost, and all its partitions were closed: join again. */
  readonly lost: (error: Error) => void;
  /** Joining is given up when it aborts; whoever has joined leaves by itself. */
  readonly signal?: AbortSignal;
}

export interface Membership {
  /**
   * Leaves the group, so that the others have the partitions at once. Takes 3 s at most.
   * @throws KafkaUnavailable they have them later
   */
  leave(): Promise<void>;
}

/** How long a fetch waits for something new; a partition that begins to be read waits for the fetch before it. */
const FETCH_WAIT_MS = 100;
const HEARTBEAT_MS = 1_000;
/** Records of a partition in one fetch, about a hundred events; decoded they take ten times as much memory. */
const PARTITION_BYTES = 128 * 1024;
const FETCH_BYTES = 2 * 1024 * 1024;
/** How long the others are waited for when members come or go; each answers its next heartbeat. */
const REBALANCE_MS = 15_000;
/** A broker that is frozen would be waited for longer than a process may take to stop. */
const LEAVE_MS = 3_000;

/**
 * Joins a consumer group for one topic, for committed records alone. The group only shares out the partitions: nothing
 * is committed to it, and who reads a partition says from where.
 * @throws KafkaUnavailable there is no broker, or no such topic
 * @throws the signal's reason
 */
export async function joinGroup(options: GroupOptions): Promise<Membership> {
  const { kafka, groupId, sessionTimeoutMs, signal } = options;
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: Math.min(HEARTBEAT_MS, sessionTimeoutMs / 3),
    rebalanceTimeout: REBALANCE_MS,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    maxBytesPerPartition: PARTITION_BYTES,
    maxBytes: FETCH_BYTES,
    allowAutoTopicCreation: false,
    // It would begin anew by itself, and nobody would be told that the partitions were lost meanwhile.
    retry: { initialRetryTime: 50, maxRetryTime: 1_000, retries: 5, restartOnFailure: async () => false },
  });
  const member = new Member(consumer, options);
  const joining = member.join();
  try {
    await unlessAborted(Promise.race([joining, member.lost]), signal);
  } catch (cause) {
    member.giveUp(joining);
    if (signal?.aborted || cause instanceof KafkaUnavailable) throw cause;
    throw new KafkaUnavailable({ cause });
  }
  return { leave: () => member.leave() };
}

class Member {
  readonly #consumer: Consumer;
  readonly #options: GroupOptions;
  #partitions = new Map<number, Partition>();
  #left = false;
  readonly #lost = Promise.withResolvers<never>();

  constructor(consumer: Consumer, options: GroupOptions) {
    this.#consumer = consumer;
    this.#options = options;
    // Looked at only by whoever is joining.
    this.#lost.promise.catch(() => undefined);
    const { events } = consumer;
    consumer.on(events.GROUP_JOIN, ({ payload }) =>
      this.#assign(payload.memberAssignment[options.topic] ?? []),
    );
    consumer.on(events.CRASH, ({ payload }) => this.#lose(payload.error));
    // The client would go on trying for minutes, and say nothing, while the group has given the partitions to others.
    consumer.on(events.REQUEST_TIMEOUT, ({ payload }) =>
      this.#lose(new Error(`${payload.broker} has not answered ${payload.apiName}`)),
    );
    consumer.on(events.START_BATCH_PROCESS, ({ payload }) => {
      this.#partitions.get(payload.partition)?.sawEnd(BigInt(payload.highWatermark));
      // Markers and aborted records alone: there is no call for those, and they are due all the same.
      if (payload.batchSize === 0) this.#push(payload.partition, payload.firstOffset, payload.lastOffset, []);
    });
  }

  /** Rejects when the group is lost. */
  get lost(): Promise<never> {
    return this.#lost.promise;
  }

  async join(): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topic: this.#options.topic, fromBeginning: true });
    if (this.#left) return;
    await this.#consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 1,
      eachBatch: async ({ batch }) => {
        this.#push(batch.partition, batch.firstOffset(), batch.lastOffset(), batch.messages);
      },
    });
  }

  async leave(): Promise<void> {
    this.#left = true;
    for (const partition of this.#partitions.values()) partition.close();
    try {
      await unlessAborted(this.#consumer.disconnect(), AbortSignal.timeout(LEAVE_MS));
    } catch (cause) {
      throw new KafkaUnavailable({ cause });
    }
  }

  /** Closes the connections once the joining has come to an end, which nobody waits for. */
  giveUp(joining: Promise<void>): void {
    this.#left = true;
    const close = () => this.#consumer.disconnect();
    joining.then(close, close).catch(() => undefined);
  }

  #push(
    id: number,
    first: string | null,
    last: string,
    records: Parameters<Partition['push']>[1]['records'],
  ) {
    if (first === null) return;
    this.#partitions.get(id)?.push(BigInt(first), { records, next: BigInt(last) + 1n });
  }

  /** Called before anything is fetched for the new assignment. */
  #assign(ids: readonly number[]): void {
    if (this.#left) return;
    for (const partition of this.#partitions.values()) partition.close();
    this.#partitions = new Map(ids.map((id) => [id, this.#partition(id)]));
    const { topic, assigned } = this.#options;
    this.#consumer.pause([{ topic, partitions: [...ids] }]);
    assigned([...this.#partitions.values()]);
  }

  #partition(id: number): Partition {
    const { topic } = this.#options;
    const place = [{ topic, partitions: [id] }];
    const consumer = this.#consumer;
    const change = (work: () => void) => {
      // One of an earlier assignment has no say any more.
      if (this.#partitions.get(id) !== partition || this.#left) return;
      try {
        work();
      } catch (error) {
        // The client has given the group up, and is about to say so.
        this.#lose(error as Error);
      }
    };
    const partition = new Partition(id, {
      from: (offset) => change(() => consumer.seek({ topic, partition: id, offset: String(offset) })),
      pause: () => change(() => consumer.pause(place)),
      resume: () => change(() => consumer.resume(place)),
    });
    return partition;
  }

  #lose(cause: Error): void {
    if (this.#left) return;
    this.#left = true;
    const error = new KafkaUnavailable({ cause });
    for (const partition of this.#partitions.values()) partition.close(error);
    this.#lost.reject(error);
    this.#options.lost(error);
  }
}
