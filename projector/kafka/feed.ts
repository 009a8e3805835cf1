import type { TopicOffsets } from '../../shared/adapters/kafka/offsets.ts';
import type { Partition } from '../../shared/adapters/kafka/partition.ts';
import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { EventLog } from '../../shared/event-log.ts';
import { comparePositions, type Position, START } from '../../shared/events/position.ts';
import { userStream } from '../../shared/events/streams.ts';
import { Backlog } from '../feeds/backlog.ts';
import type { AppliedEvent, Feed, FeedBatch, FeedEvent } from '../feeds/feed.ts';
import type { Lane } from './lane.ts';
import { eventOfRecord } from './record-event.ts';
import type { Relayed } from './relayed.ts';
import { type Opened, open } from './start.ts';

export interface KafkaFeedOptions {
  readonly partition: Partition;
  readonly offsets: TopicOffsets;
  readonly lane: Lane;
  /** What Kafka may have dropped is looked up here, and a user's parked events are read from it. */
  readonly log: EventLog;
  /** Has what the relay stores. */
  readonly pool: Queryable;
  readonly maxBatch: number;
  /** How far the relay is; undefined while nobody knows. Looked at behind each batch, and when the partition is nudged. */
  readonly relayed: () => Relayed | undefined;
}

/** Nothing of this lane stands in the log between what came before and here. */
interface Mark {
  readonly reached: Position;
}

const isEvent = (item: FeedEvent | Mark): item is FeedEvent => !('reached' in item);

/** The Kafka feed of one lane: the records of its partition, from the offset that the checkpoint has. */
export function kafkaFeed(options: KafkaFeedOptions): Feed {
  const { log, maxBatch } = options;
  const backlog = new Backlog<FeedEvent | Mark>(maxBatch);
  let opened: Opened | undefined;
  const feed: Feed = {
    async verify(last, reached = last?.position ?? START, signal) {
      opened?.end();
      opened = undefined;
      opened = await open(options, last, reached, signal);
    },

    async *batches(last, signal) {
      try {
        if (!opened) await feed.verify(last, undefined, signal);
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      const { batches, end } = opened as Opened;
      opened = undefined;
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
      try {
        const items = itemsOf(options, batches, last);
        for await (const taken of backlog.through(items, maxBatch)) yield toBatch(taken);
      } finally {
        signal.removeEventListener('abort', end);
        end();
      }
    },

    get waiting() {
      const { first } = backlog;
      return { events: backlog.size, since: first && isEvent(first) ? first.created : undefined };
    },

    userEvents: (userId, fromRevision) => log.readStream(userStream(userId), { from: fromRevision }),
  };
  return feed;
}

/**
 * The events behind `last`, and a mark wherever the relay is known to be further than they say. What comes before a
 * record that can't be read is still handed on.
 * @throws FeedStop
 */
async function* itemsOf(
  { lane, partition, relayed }: KafkaFeedOptions,
  batches: Opened['batches'],
  last: AppliedEvent | undefined,
): AsyncGenerator<readonly (FeedEvent | Mark)[], void> {
  let marked = START;
  for await (const { records, next } of batches) {
    const items: (FeedEvent | Mark)[] = [];
    let failure: { readonly error: unknown } | undefined;
    for (const record of records) {
      try {
        const event = eventOfRecord(record, lane);
        if (last?.offset === undefined || (event.offset as bigint) > last.offset) items.push(event);
      } catch (error) {
        failure = { error };
        break;
      }
    }
    const reached = failure ? undefined : reachedAt(next, partition.id, relayed());
    if (reached && comparePositions(reached, marked) > 0) {
      items.push({ reached });
      marked = reached;
    }
    if (items.length > 0) yield items;
    if (failure) throw failure.error;
  }
}

/** Whoever has read a partition up to `next` has all of it that the relay had sent when it stored how far it is. */
function reachedAt(next: bigint, partition: number, relayed: Relayed | undefined): Position | undefined {
  const end = relayed?.ends[partition];
  return end !== undefined && next >= end ? relayed?.position : undefined;
}

/** Repeated by the relay, an event may stand behind later ones. */
function toBatch(items: readonly (FeedEvent | Mark)[]): FeedBatch {
  const positions = items.map((item) => (isEvent(item) ? item.position : item.reached));
  const position = positions.reduce((a, b) => (comparePositions(a, b) < 0 ? b : a));
  return { events: items.filter(isEvent), position };
}
