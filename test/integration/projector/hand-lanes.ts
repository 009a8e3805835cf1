import type { FeedEvent } from '../../../projector/feeds/feed.ts';
import { takeOver } from '../../../projector/kafka/change-owner.ts';
import { type FeedOwner, type KafkaOwner, laneOfPartition } from '../../../projector/kafka/lane.ts';
import { ReadModelWriter, writerSettings } from '../../../projector/write/read-model-writer.ts';
import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import { createReader } from '../../../shared/events/codec.ts';
import { userOfStream } from '../../../shared/events/streams.ts';
import { type System, silent } from './system.ts';

/** A lane that moves when a test says so: its writer is the projector's, its events come from the log. */
export interface HandLane {
  readonly writer: ReadModelWriter;
  /** Applies up to so many of the lane's next events, in one transaction. Answers how many there were. */
  advance(most?: number): Promise<number>;
}

/** The read models under the Kafka feed's ownership, with a hand on each lane. No broker is needed. */
export async function handLanes(system: System, partitions: number) {
  const owner: KafkaOwner = { feed: 'kafka', topic: 'license-events', partitions };
  const pool = createPool({
    connectionString: system.databaseUrl,
    applicationName: 'test lanes',
    max: 4,
    logger: silent,
    settings: writerSettings('read_model'),
  });
  await takeOver(pool, owner);
  const decoder = { reader: createReader(), vault: system.vault };

  async function lane(partition: number): Promise<HandLane> {
    const followed = laneOfPartition(owner, partition);
    const writer = new ReadModelWriter({ pool, lane: followed }, decoder);
    await writer.load();
    return {
      writer,
      async advance(most = Number.POSITIVE_INFINITY) {
        const records: FeedEvent[] = [];
        let offset = -1n;
        const done = writer.checkpoint.last?.offset ?? -1n;
        for await (const event of system.log.readAll()) {
          const userId = userOfStream(event.stream);
          if (userId === undefined || !followed.owns(userId)) continue;
          offset += 1n;
          if (offset <= done) continue;
          if (records.length === most) break;
          records.push({ ...event, offset });
        }
        const last = records.at(-1);
        if (last) await writer.write(await writer.decode({ events: records, position: last.position }));
        return records.length;
      },
    };
  }

  const lanes = await Promise.all(Array.from({ length: partitions }, (_, partition) => lane(partition)));
  return {
    owner,
    lanes,
    lane,
    takeOver: (by: FeedOwner) => takeOver(pool, by),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}
