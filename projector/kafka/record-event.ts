import type { PartitionBatch } from '../../shared/adapters/kafka/partition.ts';
import { fromKafkaRecord, RecordUnreadable } from '../../shared/events/cloud-event.ts';
import { userOfStream } from '../../shared/events/streams.ts';
import { FeedStop } from '../errors.ts';
import type { FeedEvent } from '../feeds/feed.ts';
import type { Lane } from './lane.ts';

type KafkaMessage = PartitionBatch['records'][number];

/**
 * The event of a record.
 * @throws FeedStop it is none, or of a user whose events belong in another partition
 */
export function eventOfRecord(record: KafkaMessage, lane: Lane): FeedEvent {
  const event = { ...readRecord(record, lane), offset: BigInt(record.offset) };
  const userId = userOfStream(event.stream);
  if (userId === undefined || lane.owns(userId)) return event;
  throw new FeedStop(
    'wrong_partition',
    `the record at offset ${record.offset} of ${lane.name} is of a user of another partition`,
    'the number of partitions must stay what it was, and the relay alone may write to the topic: make it anew',
  );
}

function readRecord(record: KafkaMessage, lane: Lane) {
  try {
    return fromKafkaRecord({
      value: record.value,
      timestamp: record.timestamp,
      ...(record.headers && { headers: record.headers }),
    });
  } catch (cause) {
    if (!(cause instanceof RecordUnreadable)) throw cause;
    throw new FeedStop(
      'record_unreadable',
      `offset ${record.offset} of ${lane.name}: ${cause.message}`,
      'run a version of the projector that knows it; the relay alone may write to the topic',
      { cause },
    );
  }
}
