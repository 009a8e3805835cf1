import type { EventLog } from '../../shared/adapters/eventstoredb/event-log.ts';
import type { TopicOffsets } from '../../shared/adapters/kafka/offsets.ts';
import type { Partition } from '../../shared/adapters/kafka/partition.ts';
import { comparePositions, START } from '../../shared/events/position.ts';
import { userStream } from '../../shared/events/streams.ts';
import type { Lane } from '../lane.ts';
import { Backlog } from './backlog.ts';
import type { AppliedEvent, Feed, FeedBatch, FeedEvent } from './feed.ts';
import { type Opened, open } from './kafka-start.ts';
import { eventOfRecord } from './record-event.ts';

export interface KafkaFeedOptions {
  readonly partition: Partition;
  readonly offsets: TopicOffsets;
  readonly lane: Lane;
  /** What Kafka may have dropped is looked up here, and a user's parked events are read from it. */
  readonly log: EventLog;
  readonly maxBatch: number;
}

/** The Kafka feed of one lane: the records of its partition, from the offset that the checkpoint has. */
export function kafkaFeed(options: KafkaFeedOptions): Feed {
  const { log, lane, maxBatch } = options;
  const backlog = new Backlog<FeedEvent>(maxBatch);
  let opened: Opened | undefined;
  const feed: Feed = {
    async verify(last, reached = last?.position ?? START) {
      opened?.end();
      opened = undefined;
      opened = await open(options, last, reached);
    },

    async *batches(last, signal) {
      if (!opened) await feed.verify(last);
      const { batches, end } = opened as Opened;
      opened = undefined;
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
      try {
        const events = eventsOf(batches, lane, last);
        for await (const taken of backlog.through(events, maxBatch)) yield toBatch(taken);
      } finally {
        signal.removeEventListener('abort', end);
        end();
      }
    },

    get waiting() {
      return { events: backlog.size, since: backlog.first?.created };
    },

    userEvents: (userId, fromRevision) => log.readStream(userStream(userId), { from: fromRevision }),
  };
  return feed;
}

/** The events behind `last`. What comes before one that can't be read is still handed on. @throws FeedStop */
async function* eventsOf(
  batches: Opened['batches'],
  lane: Lane,
  last: AppliedEvent | undefined,
): AsyncGenerator<readonly FeedEvent[], void> {
  for await (const { records } of batches) {
    const events: FeedEvent[] = [];
    let failure: { readonly error: unknown } | undefined;
    for (const record of records) {
      try {
        const event = eventOfRecord(record, lane);
        if (last?.offset === undefined || (event.offset as bigint) > last.offset) events.push(event);
      } catch (error) {
        failure = { error };
        break;
      }
    }
    if (events.length > 0) yield events;
    if (failure) throw failure.error;
  }
}

/** Repeated by the relay, an event may stand behind later ones. */
function toBatch(events: readonly FeedEvent[]): FeedBatch {
  const positions = events.map(({ position }) => position);
  return { events, position: positions.reduce((a, b) => (comparePositions(a, b) < 0 ? b : a)) };
}
